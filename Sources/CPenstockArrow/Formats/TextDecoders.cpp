#include "../Support/Status.h"
#include "TableDecoder.h"
#include "TextBlocks.h"

#include <arrow/array/util.h>
#include <arrow/csv/chunker.h>
#include <arrow/csv/options.h>
#include <arrow/csv/reader.h>
#include <arrow/io/memory.h>
#include <arrow/json/chunker.h>
#include <arrow/json/options.h>
#include <arrow/json/reader.h>
#include <arrow/table.h>

#include <string>

namespace penstock {

namespace {

using Batch = std::shared_ptr<arrow::RecordBatch>;
using Table = std::shared_ptr<arrow::Table>;

/// Names and types are found in the first block and hold for all others.
class TextDecoder : public TableDecoder {
public:
  TextDecoder(const DecoderSetup &setup, std::unique_ptr<arrow::Chunker> chunker)
      : pool(setup.budget), blocks(setup, std::move(chunker)) {}

  arrow::Status begin() {
    ARROW_RETURN_NOT_OK(blocks.begin());
    ARROW_ASSIGN_OR_RAISE(const auto block, blocks.next());
    if (!block) {
      fileSchema = arrow::schema({});
      return requireContent();
    }
    ARROW_RETURN_NOT_OK(parsed(parseFirst(block)).Value(&first));
    fileSchema = first->schema();
    return arrow::Status::OK();
  }

  std::shared_ptr<arrow::Schema> schema() const override { return fileSchema; }
  arrow::Result<penstock_row_group_info> rowGroupInfo(int) const override { return noRowGroups(); }
  arrow::Result<Batch> readRowGroup(int, const Columns &) override { return noRowGroups(); }

  /// Columns that are not wanted are parsed all the same, so that damage in them is found.
  arrow::Result<BatchSource> scan(const ScanRange &range) override {
    return [this, columns = range.columns]() -> arrow::Result<Batch> {
      ARROW_ASSIGN_OR_RAISE(const auto batch, nextBatch());
      return batch ? batch->SelectColumns(columns) : batch;
    };
  }

protected:
  virtual arrow::Result<Table> parseFirst(const std::shared_ptr<arrow::Buffer> &block) = 0;
  virtual arrow::Result<Table> parseNext(const std::shared_ptr<arrow::Buffer> &block) = 0;
  virtual arrow::Status requireContent() const { return arrow::Status::OK(); }

  arrow::MemoryPool *const pool;
  TextBlocks blocks;
  std::shared_ptr<arrow::Schema> fileSchema;

private:
  static arrow::Status noRowGroups() { return failure(PENSTOCK_ARROW_MISUSE, "a text file has no row groups"); }

  arrow::Result<Batch> nextBatch() {
    if (first)
      return std::move(first);
    ARROW_ASSIGN_OR_RAISE(const auto block, blocks.next());
    if (!block)
      return nullptr;
    return parsed(parseNext(block));
  }

  arrow::Result<Batch> parsed(arrow::Result<Table> table) {
    if (!table.ok()) // Arrow counts rows from the start of the text that it was given
      return table.status().WithMessage("in the block at byte ", blocks.position(), ": ", table.status().message());
    return (*table)->CombineChunksToBatch(pool);
  }

  Batch first;
};

class CSVDecoder final : public TextDecoder {
public:
  CSVDecoder(const DecoderSetup &setup, const arrow::csv::ParseOptions &parse)
      : TextDecoder(setup, arrow::csv::MakeChunker(parse)), parse(parse),
        convert(arrow::csv::ConvertOptions::Defaults()) {
    if (!setup.options.csv_only_empty_is_null)
      return;
    convert.null_values = {""};
    convert.strings_can_be_null = true;
    convert.quoted_strings_can_be_null = false;
  }

protected:
  arrow::Status requireContent() const override {
    return arrow::Status::Invalid("an empty CSV file has no header line");
  }

  arrow::Result<Table> parseFirst(const std::shared_ptr<arrow::Buffer> &block) override {
    ARROW_ASSIGN_OR_RAISE(auto table, parseBlock(block));
    if (!blocks.isAtEnd())
      ARROW_RETURN_NOT_OK(withTextForNulls(*table).Value(&table));
    // Later blocks go by position, under names that can't repeat as those of the file may.
    for (const auto &field : table->schema()->fields()) {
      positions.push_back(std::to_string(positions.size()));
      convert.column_types[positions.back()] = field->type();
    }
    return table;
  }

  arrow::Result<Table> parseNext(const std::shared_ptr<arrow::Buffer> &block) override {
    ARROW_ASSIGN_OR_RAISE(auto table, parseBlock(block));
    return arrow::Table::Make(fileSchema, table->columns(), table->num_rows());
  }

private:
  /// A column that is empty in the whole first block becomes text, which can hold whatever comes later.
  arrow::Result<Table> withTextForNulls(const arrow::Table &table) {
    auto fields = table.schema()->fields();
    auto columns = table.columns();
    for (size_t i = 0; i < fields.size(); ++i) {
      if (fields[i]->type()->id() != arrow::Type::NA)
        continue;
      fields[i] = fields[i]->WithType(arrow::utf8());
      ARROW_ASSIGN_OR_RAISE(auto nulls, arrow::MakeArrayOfNull(arrow::utf8(), table.num_rows(), pool));
      columns[i] = std::make_shared<arrow::ChunkedArray>(std::move(nulls));
    }
    return arrow::Table::Make(arrow::schema(std::move(fields)), std::move(columns), table.num_rows());
  }

  arrow::Result<Table> parseBlock(const std::shared_ptr<arrow::Buffer> &block) {
    auto read = arrow::csv::ReadOptions::Defaults();
    read.use_threads = false;
    read.block_size = static_cast<int32_t>(block->size()); // all at once
    read.column_names = positions;
    ARROW_ASSIGN_OR_RAISE(auto reader, arrow::csv::TableReader::Make(arrow::io::IOContext(pool),
                                                                     std::make_shared<arrow::io::BufferReader>(block),
                                                                     read, parse, convert));
    return reader->Read();
  }

  const arrow::csv::ParseOptions parse;
  arrow::csv::ConvertOptions convert;
  std::vector<std::string> positions; // "0", "1", …; empty until the header was read
};

/// Arrow parses JSON by recursion without a limit: 100 KB of brackets would end the process by stack overflow.
arrow::Status requireShallowJSON(const arrow::Buffer &text) {
  constexpr int deepest = 100;
  int depth = 0;
  bool isInString = false;
  for (const auto *c = text.data(), *end = c + text.size(); c != end; ++c) {
    if (isInString) {
      if (*c == '\\' && c + 1 != end && c[1] != '\n')
        ++c;
      else if (*c == '"' || *c == '\n') // a line end can't be in a string, and starts a new record
        isInString = false;
    } else if (*c == '"') {
      isInString = true;
    } else if (*c == '{' || *c == '[') {
      if (++depth > deepest)
        return arrow::Status::Invalid("JSON nested deeper than ", deepest, " levels");
    } else if (*c == '}' || *c == ']') {
      depth = depth > 0 ? depth - 1 : 0;
    }
  }
  return arrow::Status::OK();
}

class JSONLinesDecoder final : public TextDecoder {
public:
  explicit JSONLinesDecoder(const DecoderSetup &setup)
      : TextDecoder(setup, arrow::json::MakeChunker(arrow::json::ParseOptions::Defaults(), setup.budget)) {}

protected:
  arrow::Result<Table> parseFirst(const std::shared_ptr<arrow::Buffer> &block) override { return parseBlock(block); }

  arrow::Result<Table> parseNext(const std::shared_ptr<arrow::Buffer> &block) override {
    parse.explicit_schema = fileSchema;
    parse.unexpected_field_behavior = arrow::json::UnexpectedFieldBehavior::Error;
    return parseBlock(block);
  }

private:
  arrow::Result<Table> parseBlock(const std::shared_ptr<arrow::Buffer> &block) {
    ARROW_RETURN_NOT_OK(requireShallowJSON(*block));
    auto read = arrow::json::ReadOptions::Defaults();
    read.use_threads = false;
    read.block_size = static_cast<int32_t>(block->size());
    ARROW_ASSIGN_OR_RAISE(auto reader, arrow::json::TableReader::Make(
                                           pool, std::make_shared<arrow::io::BufferReader>(block), read, parse));
    return reader->Read();
  }

  arrow::json::ParseOptions parse = arrow::json::ParseOptions::Defaults();
};

constexpr int32_t largestBlock = 1 << 29; // so that a block and the piece before it stay below 2 GiB

arrow::Status requireBlockSize(const DecoderSetup &setup) {
  if (setup.options.text_block_bytes > 0 && setup.options.text_block_bytes <= largestBlock)
    return arrow::Status::OK();
  return failure(PENSTOCK_ARROW_MISUSE, "text_block_bytes must be 1 to " + std::to_string(largestBlock));
}

} // namespace

arrow::Result<std::unique_ptr<TableDecoder>> makeCSVDecoder(const DecoderSetup &setup) {
  ARROW_RETURN_NOT_OK(requireBlockSize(setup));
  auto parse = arrow::csv::ParseOptions::Defaults();
  parse.delimiter = setup.options.csv_delimiter;
  parse.newlines_in_values = true; // slower, but a quoted line end is data, and our own writer makes them
  auto decoder = std::make_unique<CSVDecoder>(setup, parse);
  ARROW_RETURN_NOT_OK(decoder->begin());
  return decoder;
}

arrow::Result<std::unique_ptr<TableDecoder>> makeJSONLinesDecoder(const DecoderSetup &setup) {
  ARROW_RETURN_NOT_OK(requireBlockSize(setup));
  auto decoder = std::make_unique<JSONLinesDecoder>(setup);
  ARROW_RETURN_NOT_OK(decoder->begin());
  return decoder;
}

} // namespace penstock
