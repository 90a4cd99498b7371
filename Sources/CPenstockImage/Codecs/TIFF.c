// TIFF by libtiff: strips and tiles, samples side by side or in planes. The first page.
#include "TIFFInput.h"

#include <string.h>

/// The rectangles that a TIFF is stored in: tiles, or strips as wide as the picture.
typedef struct grid {
  bool is_tiled;
  uint32_t cell_width;
  uint32_t cell_height;
  uint64_t cell_bytes;
  uint32_t plane_count;
  uint8_t *cell; // one decoded cell
} grid;

static int measure_grid(const pimg_tiff *run, grid *grid) {
  *grid = (struct grid){.is_tiled = TIFFIsTiled(run->tiff), .cell_width = run->width};
  if (grid->is_tiled) {
    TIFFGetField(run->tiff, TIFFTAG_TILEWIDTH, &grid->cell_width);
    TIFFGetField(run->tiff, TIFFTAG_TILELENGTH, &grid->cell_height);
    grid->cell_bytes = TIFFTileSize64(run->tiff);
  } else {
    TIFFGetFieldDefaulted(run->tiff, TIFFTAG_ROWSPERSTRIP, &grid->cell_height);
    grid->cell_height = grid->cell_height < run->height ? grid->cell_height : run->height;
    grid->cell_bytes = TIFFStripSize64(run->tiff);
  }
  grid->plane_count = run->planar == PLANARCONFIG_SEPARATE ? run->samples : 1;
  if (grid->cell_width == 0 || grid->cell_height == 0 || grid->cell_bytes == 0) {
    return pimg_tiff_damaged(run, "strips or tiles without a size");
  }
  pimg_tiff one_plane = *run;
  one_plane.samples = (uint16_t)(run->samples / grid->plane_count);
  if (grid->cell_bytes / grid->cell_height < pimg_tiff_row_bytes(&one_plane, grid->cell_width)) {
    return pimg_tiff_damaged(run, "strips or tiles that are smaller than their rows");
  }
  const pimg_job *job = run->job;
  // libtiff holds the compressed cell, and for some codecs a decompressed one.
  int status = pimg_charge(job->decoder, 2 * grid->cell_bytes + 65536, "the state of the TIFF decoder", job->error);
  return status != PENSTOCK_IMAGE_OK ? status
                                     : pimg_take(job->decoder, PIMG_SCRATCH_RAW_ROW, grid->cell_bytes,
                                                 "a strip or tile of a TIFF", &grid->cell, job->error);
}

/// Decodes the cell at (x, y) of a plane into `grid->cell`.
static int read_cell(const pimg_tiff *run, const grid *grid, uint32_t x, uint32_t y, uint32_t plane) {
  tmsize_t size;
  uint32_t rows = run->height - y < grid->cell_height ? run->height - y : grid->cell_height;
  uint64_t needed = grid->cell_bytes;
  if (grid->is_tiled) {
    uint32_t index = TIFFComputeTile(run->tiff, x, y, 0, (uint16_t)plane);
    size = TIFFReadEncodedTile(run->tiff, index, grid->cell, (tmsize_t)grid->cell_bytes);
  } else {
    needed = grid->cell_bytes / grid->cell_height * rows;
    uint32_t index = TIFFComputeStrip(run->tiff, y, (uint16_t)plane);
    size = TIFFReadEncodedStrip(run->tiff, index, grid->cell, (tmsize_t)needed);
  }
  if (size < 0 || (uint64_t)size < needed) {
    return pimg_tiff_damaged(run, "a strip or tile");
  }
  return PENSTOCK_IMAGE_OK;
}

/// Does `use` with every row of every cell of a plane.
typedef void (*row_use)(const pimg_tiff *run, const uint8_t *row, uint32_t x, uint32_t y, uint32_t width,
                        uint32_t plane, uint8_t *out);

static int for_each_row(const pimg_tiff *run, const grid *grid, uint32_t plane, row_use use, uint8_t *out) {
  size_t cell_stride = (size_t)(grid->cell_bytes / grid->cell_height);
  for (uint32_t y = 0; y < run->height; y += grid->cell_height) {
    uint32_t rows = run->height - y < grid->cell_height ? run->height - y : grid->cell_height;
    for (uint32_t x = 0; x < run->width; x += grid->cell_width) {
      uint32_t columns = run->width - x < grid->cell_width ? run->width - x : grid->cell_width;
      int status = read_cell(run, grid, x, y, plane);
      if (status != PENSTOCK_IMAGE_OK) {
        return status;
      }
      for (uint32_t row = 0; row < rows; row++) {
        use(run, grid->cell + row * cell_stride, x, y + row, columns, plane, out);
      }
      if (run->width - x <= grid->cell_width) {
        break; // before x passes 2^32
      }
    }
    if (run->height - y <= grid->cell_height) {
      break;
    }
  }
  return PENSTOCK_IMAGE_OK;
}

static void put_rgb(const pimg_tiff *run, const uint8_t *row, uint32_t x, uint32_t y, uint32_t width, uint32_t plane,
                    uint8_t *out) {
  (void)plane;
  pimg_tiff_convert_row(run, row, width, out + ((size_t)y * run->width + x) * 3);
}

/// Puts one plane's samples between those of the others.
static void put_samples(const pimg_tiff *run, const uint8_t *row, uint32_t x, uint32_t y, uint32_t width,
                        uint32_t plane, uint8_t *out) {
  size_t sample_bytes = run->bits / 8;
  size_t step = run->samples * sample_bytes;
  uint8_t *target = out + ((size_t)y * run->width + x) * step + plane * sample_bytes;
  for (uint32_t column = 0; column < width; column++, target += step, row += sample_bytes) {
    memcpy(target, row, sample_bytes);
  }
}

static int decode_planes(const pimg_tiff *run, const grid *grid, uint8_t *out) {
  const pimg_job *job = run->job;
  uint64_t row_bytes = pimg_tiff_row_bytes(run, run->width);
  uint8_t *frame;
  int status =
      pimg_take(job->decoder, PIMG_SCRATCH_RAW, row_bytes * run->height, "the planes of a TIFF", &frame, job->error);
  for (uint32_t plane = 0; plane < grid->plane_count && status == PENSTOCK_IMAGE_OK; plane++) {
    status = for_each_row(run, grid, plane, put_samples, frame);
  }
  for (uint32_t y = 0; y < run->height && status == PENSTOCK_IMAGE_OK; y++) {
    put_rgb(run, frame + y * row_bytes, 0, y, run->width, 0, out);
  }
  return status;
}

/// YCbCr that libjpeg does not convert: libtiff's own conversion, which Pillow uses too.
static int decode_with_libtiff_colors(pimg_tiff *run, uint8_t *out) {
  const pimg_job *job = run->job;
  uint64_t pixels = (uint64_t)run->width * run->height;
  uint8_t *raster;
  int status = pimg_take(job->decoder, PIMG_SCRATCH_RAW, pixels * 4, "the frame of a YCbCr TIFF", &raster, job->error);
  if (status != PENSTOCK_IMAGE_OK) {
    return status;
  }
  TIFFRGBAImage image;
  char reason[1024] = "";
  if (!TIFFRGBAImageBegin(&image, run->tiff, 1, reason)) {
    return pimg_fail(job->error, PENSTOCK_IMAGE_UNSUPPORTED, "TIFF: %s", reason);
  }
  image.req_orientation = image.orientation; // turned later, like all others
  int is_fine = TIFFRGBAImageGet(&image, (uint32_t *)(void *)raster, run->width, run->height);
  TIFFRGBAImageEnd(&image);
  if (!is_fine) {
    return pimg_tiff_damaged(run, "the picture");
  }
  for (uint64_t pixel = 0; pixel < pixels; pixel++) {
    uint32_t value;
    memcpy(&value, raster + pixel * 4, 4);
    out[pixel * 3] = (uint8_t)TIFFGetR(value);
    out[pixel * 3 + 1] = (uint8_t)TIFFGetG(value);
    out[pixel * 3 + 2] = (uint8_t)TIFFGetB(value);
  }
  return PENSTOCK_IMAGE_OK;
}

static int decode(pimg_tiff *run, uint8_t *out) {
  if (run->photometric == PHOTOMETRIC_YCBCR && run->samples == 3) {
    if (run->compression != COMPRESSION_JPEG || run->planar != PLANARCONFIG_CONTIG) {
      return decode_with_libtiff_colors(run, out);
    }
    TIFFSetField(run->tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
  }
  grid grid;
  int status = measure_grid(run, &grid);
  if (status != PENSTOCK_IMAGE_OK) {
    return status;
  }
  if (grid.plane_count == 1) {
    return for_each_row(run, &grid, 0, put_rgb, out);
  }
  if (run->bits % 8 != 0) {
    return pimg_fail(run->job->error, PENSTOCK_IMAGE_UNSUPPORTED, "TIFF with planes of %u bits is not supported",
                     run->bits);
  }
  return decode_planes(run, &grid, out);
}

int pimg_decode_tiff(const pimg_job *job) {
  pimg_tiff run = {.job = job};
  int status = pimg_tiff_open(&run);
  if (status != PENSTOCK_IMAGE_OK) {
    return status;
  }
  status = decode(&run, pimg_sink_row(job->sink)); // row 0 of a frame: a TIFF is not streamed
  TIFFClose(run.tiff);
  return status;
}
