// GIF by giflib: the first frame on its canvas, as Pillow shows it.
#include "../Internal.h"

#include <string.h>

#include <gif_lib.h>

enum { GRAPHIC_CONTROL = 0xf9 };

typedef struct gif_run {
  const pimg_job *job;
  GifFileType *gif;
  size_t offset;
  int transparent_index; // -1: none
  bool is_cut_short;
} gif_run;

static int read_bytes(GifFileType *gif, GifByteType *out, int count) {
  gif_run *run = gif->UserData;
  size_t left = run->job->bytes.size - run->offset;
  size_t size = (size_t)count < left ? (size_t)count : left;
  memcpy(out, run->job->bytes.data + run->offset, size);
  run->offset += size;
  run->is_cut_short = run->is_cut_short || size < (size_t)count;
  return (int)size;
}

static int damaged(const gif_run *run, const char *what) {
  if (run->is_cut_short) {
    return pimg_fail(run->job->error, PENSTOCK_IMAGE_DAMAGED, "premature end of GIF data at byte %zu of %zu: %s",
                     run->offset, run->job->bytes.size, what);
  }
  const char *reason = run->gif != NULL ? GifErrorString(run->gif->Error) : NULL;
  return pimg_fail(run->job->error, PENSTOCK_IMAGE_DAMAGED, "damaged GIF data at byte %zu of %zu: %s%s%s", run->offset,
                   run->job->bytes.size, what, reason != NULL ? ": " : "", reason != NULL ? reason : "");
}

static bool read_extension(gif_run *run) {
  int code;
  GifByteType *block;
  if (DGifGetExtension(run->gif, &code, &block) == GIF_ERROR) {
    return false;
  }
  if (code == GRAPHIC_CONTROL && block != NULL && block[0] >= 4 && (block[1] & 1) != 0) {
    run->transparent_index = block[4];
  }
  while (block != NULL) {
    if (DGifGetExtensionNext(run->gif, &block) == GIF_ERROR) {
      return false;
    }
  }
  return true;
}

/// Reads up to the first picture, whose place is then in `gif->Image`.
static int find_picture(gif_run *run) {
  GifRecordType type = UNDEFINED_RECORD_TYPE;
  while (type != IMAGE_DESC_RECORD_TYPE) {
    if (DGifGetRecordType(run->gif, &type) == GIF_ERROR || type == TERMINATE_RECORD_TYPE) {
      return damaged(run, "no picture");
    }
    if (type == EXTENSION_RECORD_TYPE && !read_extension(run)) {
      return damaged(run, "an extension");
    }
  }
  return DGifGetImageDesc(run->gif) == GIF_ERROR ? damaged(run, "the picture's header") : PENSTOCK_IMAGE_OK;
}

static int read_row(gif_run *run, uint8_t *canvas, GifWord row) {
  const GifImageDesc *place = &run->gif->Image;
  uint8_t *line = canvas + (size_t)(place->Top + row) * run->job->info->width + (size_t)place->Left;
  if (DGifGetLine(run->gif, line, place->Width) == GIF_ERROR) {
    return damaged(run, "the picture");
  }
  return PENSTOCK_IMAGE_OK;
}

static int read_rows(gif_run *run, uint8_t *canvas) {
  static const GifWord starts[] = {0, 4, 2, 1};
  static const GifWord steps[] = {8, 8, 4, 2};
  GifWord height = run->gif->Image.Height;
  bool is_interlaced = run->gif->Image.Interlace;
  int status = PENSTOCK_IMAGE_OK;
  for (int pass = 0; pass < (is_interlaced ? 4 : 1); pass++) {
    GifWord step = is_interlaced ? steps[pass] : 1;
    for (GifWord row = starts[pass]; row < height && status == PENSTOCK_IMAGE_OK; row += step) {
      status = read_row(run, canvas, row);
    }
  }
  return status;
}

static void fill_palette(const gif_run *run, uint8_t *palette) {
  const ColorMapObject *map = run->gif->Image.ColorMap != NULL ? run->gif->Image.ColorMap : run->gif->SColorMap;
  pimg_gray_palette(palette);
  for (int index = 0; map != NULL && index < map->ColorCount && index < 256; index++) {
    palette[index * 3] = map->Colors[index].Red;
    palette[index * 3 + 1] = map->Colors[index].Green;
    palette[index * 3 + 2] = map->Colors[index].Blue;
  }
}

static int decode(gif_run *run) {
  const pimg_job *job = run->job;
  int status = find_picture(run);
  if (status != PENSTOCK_IMAGE_OK) {
    return status;
  }
  const GifImageDesc *place = &run->gif->Image;
  uint32_t width = job->info->width;
  uint32_t height = job->info->height;
  if (place->Left < 0 || place->Top < 0 || place->Width < 1 || place->Height < 1 ||
      (uint32_t)(place->Left + place->Width) > width || (uint32_t)(place->Top + place->Height) > height) {
    return damaged(run, "the picture has no pixels, or is outside its canvas");
  }
  uint8_t *canvas;
  status =
      pimg_take(job->decoder, PIMG_SCRATCH_RAW, (uint64_t)width * height, "the indices of a GIF", &canvas, job->error);
  if (status == PENSTOCK_IMAGE_OK) {
    // Around the picture Pillow leaves the transparent colour if there is one, else the first.
    memset(canvas, run->transparent_index >= 0 ? run->transparent_index : 0, (size_t)width * height);
    status = read_rows(run, canvas);
  }
  if (status != PENSTOCK_IMAGE_OK) {
    return status;
  }
  uint8_t palette[256 * 3];
  fill_palette(run, palette);
  while (!pimg_sink_is_done(job->sink)) {
    pimg_indices_to_rgb(canvas + (size_t)job->sink->next_row * width, width, palette, pimg_sink_row(job->sink));
    pimg_sink_row_written(job->sink);
  }
  return PENSTOCK_IMAGE_OK;
}

int pimg_decode_gif(const pimg_job *job) {
  gif_run run = {.job = job, .transparent_index = -1};
  int code = 0;
  run.gif = DGifOpen(&run, read_bytes, &code);
  if (run.gif == NULL) {
    return damaged(&run, "the header");
  }
  int status = decode(&run);
  DGifCloseFile(run.gif, &code);
  return status;
}
