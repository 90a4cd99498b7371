// SPDX-License-Identifier: Apache-2.0
// Finds OpenVINO at run time, fills the table of its functions, lists devices.
#include "openvino_internal.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define INSTALL_ADVICE "install it with `pip install openvino==2026.4.1` or give the path of libopenvino_c"

static const int minimum_year = 2026;

// Newest first; the number is year, release and patch of OpenVINO: 2641 is 2026.4.1. The wheel has only the versioned
// name.
#ifdef __APPLE__
static const char *const library_names[] = {"libopenvino_c.dylib", "libopenvino_c.2641.dylib",
                                            "libopenvino_c.2640.dylib"};
#else
static const char *const library_names[] = {"libopenvino_c.so", "libopenvino_c.so.2641", "libopenvino_c.so.2640"};
#endif
static const size_t library_name_count = sizeof library_names / sizeof library_names[0];

typedef struct function_slot {
  const char *name;
  size_t offset;
} function_slot;

static const function_slot function_slots[] = {
#define PENSTOCK_SLOT(name) {#name, offsetof(penstock_openvino_functions, name)},
    PENSTOCK_OPENVINO_FUNCTIONS(PENSTOCK_SLOT)
#undef PENSTOCK_SLOT
};

/// Opens the library by its explicit path, or by each of its usual names.
static int open_library(const char *library_path, void **library, char *error, size_t error_size) {
  if (library_path != NULL) {
    *library = dlopen(library_path, RTLD_NOW | RTLD_LOCAL);
    if (*library != NULL)
      return PENSTOCK_INFERENCE_STATUS_OK;
    const char *reason = dlerror();
    return penstock_fail(error, error_size, PENSTOCK_INFERENCE_STATUS_LIBRARY_MISSING,
                         "OpenVINO can't be loaded from \"%s\" (%s); " INSTALL_ADVICE, library_path,
                         reason != NULL ? reason : "no reason given");
  }
  char reason[512] = "";
  for (size_t i = 0; i < library_name_count; i++) {
    *library = dlopen(library_names[i], RTLD_NOW | RTLD_LOCAL);
    if (*library != NULL)
      return PENSTOCK_INFERENCE_STATUS_OK;
    const char *message = dlerror();
    if (i == 0 && message != NULL)
      penstock_copy_text(reason, sizeof reason, message);
  }
  return penstock_fail(
      error, error_size, PENSTOCK_INFERENCE_STATUS_LIBRARY_MISSING,
      "OpenVINO was not found: tried %s, %s and %s in the run path of this program, LD_LIBRARY_PATH and the "
      "system's folders (%s); " INSTALL_ADVICE,
      library_names[0], library_names[1], library_names[2], reason);
}

static int resolve_functions(void *library, penstock_openvino_functions *functions, char *error, size_t error_size) {
  for (size_t i = 0; i < sizeof function_slots / sizeof function_slots[0]; i++) {
    void *symbol = dlsym(library, function_slots[i].name);
    if (symbol == NULL)
      return penstock_fail(
          error, error_size, PENSTOCK_INFERENCE_STATUS_LIBRARY_MISSING,
          "this libopenvino_c has no function %s, so it is not OpenVINO %d.1 or newer; " INSTALL_ADVICE,
          function_slots[i].name, minimum_year);
    // POSIX promises that a function's address survives in a void *; ISO C has no cast for it.
    memcpy((char *)functions + function_slots[i].offset, &symbol, sizeof symbol);
  }
  return PENSTOCK_INFERENCE_STATUS_OK;
}

/// Reads the version, "2026.4.1" of "2026.4.1-22982-e213a147257-releases/2026/4", and refuses old ones: the numbering
/// of element types has changed between releases.
static int read_version(penstock_openvino_runtime *runtime, char *error, size_t error_size) {
  ov_version_t version = {0};
  ov_status_e code = runtime->functions.ov_get_openvino_version(&version);
  if (code != OK || version.buildNumber == NULL)
    return penstock_openvino_fail(runtime, code, PENSTOCK_INFERENCE_STATUS_LIBRARY_MISSING, error, error_size,
                                  "OpenVINO does not tell its version");
  penstock_copy_text(runtime->version, sizeof runtime->version, version.buildNumber);
  runtime->functions.ov_version_free(&version);
  runtime->version[strcspn(runtime->version, "-")] = '\0';
  if (atoi(runtime->version) < minimum_year)
    return penstock_fail(error, error_size, PENSTOCK_INFERENCE_STATUS_LIBRARY_MISSING,
                         "OpenVINO %s at \"%s\" is too old, %d.1 is the oldest that works; " INSTALL_ADVICE,
                         runtime->version, runtime->path, minimum_year);
  return PENSTOCK_INFERENCE_STATUS_OK;
}

/// Asks the loader which file the library really came from.
static void read_path(penstock_openvino_runtime *runtime, const char *library_path) {
  Dl_info info = {0};
  void *function = NULL;
  memcpy(&function, &runtime->functions.ov_core_create, sizeof function);
  bool known = dladdr(function, &info) != 0 && info.dli_fname != NULL;
  penstock_copy_text(runtime->path, sizeof runtime->path,
                     known                  ? info.dli_fname
                     : library_path != NULL ? library_path
                                            : "");
}

static int load_runtime(penstock_openvino_runtime *runtime, const char *library_path, char *error, size_t error_size) {
  void *library = NULL;
  int status = open_library(library_path, &library, error, error_size);
  if (status != 0)
    return status;
  // The library is never closed: its threads and thread-local destructors outlive any moment at which we could do it.
  status = resolve_functions(library, &runtime->functions, error, error_size);
  if (status != 0)
    return status;
  read_path(runtime, library_path);
  status = read_version(runtime, error, error_size);
  if (status != 0)
    return status;
  ov_status_e code = runtime->functions.ov_core_create(&runtime->core);
  if (code != OK)
    return penstock_openvino_fail(runtime, code, PENSTOCK_INFERENCE_STATUS_LIBRARY_MISSING, error, error_size,
                                  "OpenVINO %s does not start", runtime->version);
  return PENSTOCK_INFERENCE_STATUS_OK;
}

int penstock_openvino_runtime_create(const char *library_path, penstock_openvino_runtime **runtime_out, char *error,
                                     size_t error_size) {
  *runtime_out = NULL;
  penstock_openvino_runtime *runtime = calloc(1, sizeof *runtime);
  if (runtime == NULL)
    return penstock_fail(error, error_size, PENSTOCK_INFERENCE_STATUS_OUT_OF_MEMORY, "out of memory");
  atomic_init(&runtime->holders, 1);
  int status = load_runtime(runtime, library_path, error, error_size);
  if (status != 0) {
    penstock_openvino_runtime_destroy(runtime);
    return status;
  }
  *runtime_out = runtime;
  return PENSTOCK_INFERENCE_STATUS_OK;
}

void penstock_openvino_runtime_retain(penstock_openvino_runtime *runtime) { atomic_fetch_add(&runtime->holders, 1); }

void penstock_openvino_runtime_destroy(penstock_openvino_runtime *runtime) {
  if (runtime == NULL || atomic_fetch_sub(&runtime->holders, 1) != 1)
    return;
  if (runtime->core != NULL)
    runtime->functions.ov_core_free(runtime->core);
  free(runtime);
}

const char *penstock_openvino_runtime_version(const penstock_openvino_runtime *runtime) { return runtime->version; }

const char *penstock_openvino_runtime_path(const penstock_openvino_runtime *runtime) { return runtime->path; }

// MARK: Devices

static uint32_t capabilities_from_text(const char *text) {
  static const struct {
    const char *name;
    uint32_t bit;
  } known[] = {{"FP32", PENSTOCK_CAPABILITY_F32},
               {"FP16", PENSTOCK_CAPABILITY_F16},
               {"BF16", PENSTOCK_CAPABILITY_BF16},
               {"INT8", PENSTOCK_CAPABILITY_INT8},
               {"EXPORT_IMPORT", PENSTOCK_CAPABILITY_CACHE}};
  uint32_t bits = 0;
  while (*text != '\0') {
    text += strspn(text, " ,[]{}");
    size_t length = strcspn(text, " ,[]{}");
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
      if (length == strlen(known[i].name) && strncmp(text, known[i].name, length) == 0)
        bits |= known[i].bit;
    text += length;
  }
  return bits;
}

int penstock_openvino_device(const penstock_openvino_runtime *runtime, const char *name, penstock_device_info *device,
                             char *error, size_t error_size) {
  const penstock_openvino_functions *ov = &runtime->functions;
  char *value = NULL;
  ov_status_e code = ov->ov_core_get_property(runtime->core, name, "FULL_DEVICE_NAME", &value);
  if (code != OK)
    return penstock_openvino_fail(runtime, code, PENSTOCK_INFERENCE_STATUS_UNSUPPORTED, error, error_size,
                                  "OpenVINO has no device \"%s\" here", name);
  *device = (penstock_device_info){0};
  penstock_copy_text(device->name, sizeof device->name, name);
  penstock_copy_text(device->full_name, sizeof device->full_name, value);
  ov->ov_free(value);
  value = NULL;
  // A device that does not tell its capabilities is still a device.
  if (ov->ov_core_get_property(runtime->core, name, "OPTIMIZATION_CAPABILITIES", &value) == OK) {
    device->capabilities = capabilities_from_text(value);
    ov->ov_free(value);
  }
  return PENSTOCK_INFERENCE_STATUS_OK;
}

int penstock_openvino_devices(const penstock_openvino_runtime *runtime, penstock_device_info *devices, size_t capacity,
                              size_t *count, char *error, size_t error_size) {
  const penstock_openvino_functions *ov = &runtime->functions;
  ov_available_devices_t available = {0};
  ov_status_e code = ov->ov_core_get_available_devices(runtime->core, &available);
  if (code != OK)
    return penstock_openvino_fail(runtime, code, PENSTOCK_INFERENCE_STATUS_LIBRARY_MISSING, error, error_size,
                                  "OpenVINO can't list its devices");
  int status = PENSTOCK_INFERENCE_STATUS_OK;
  for (size_t i = 0; i < available.size && i < capacity && devices != NULL && status == 0; i++)
    status = penstock_openvino_device(runtime, available.devices[i], &devices[i], error, error_size);
  if (status == 0)
    *count = available.size;
  ov->ov_available_devices_free(&available);
  return status;
}
