#include "../Support/Status.h"
#include "TableDecoder.h"

#include <arrow/table.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>

#include <algorithm>

namespace penstock {

namespace {

std::string nameOf(int rowGroup) { return "row group " + std::to_string(rowGroup); }

void appendLeaves(const parquet::arrow::SchemaField &field, std::vector<int> &leaves) {
  if (field.is_leaf())
    leaves.push_back(field.column_index);
  for (const auto &child : field.children)
    appendLeaves(child, leaves);
}

class ParquetDecoder final : public TableDecoder {
public:
  ParquetDecoder(std::unique_ptr<parquet::arrow::FileReader> reader, std::shared_ptr<arrow::Schema> schema,
                 MemoryBudget *budget)
      : reader(std::move(reader)), fileSchema(std::move(schema)), budget(budget),
        file(this->reader->parquet_reader()->metadata()) {}

  std::shared_ptr<arrow::Schema> schema() const override { return fileSchema; }
  std::shared_ptr<const arrow::KeyValueMetadata> metadata() const override { return file->key_value_metadata(); }
  int64_t rowCount() const override { return file->num_rows(); }
  int rowGroupCount() const override { return file->num_row_groups(); }

  arrow::Result<penstock_row_group_info> rowGroupInfo(int rowGroup) const override {
    const auto group = file->RowGroup(rowGroup);
    penstock_row_group_info info = {group->num_rows(), 0, 0};
    for (int i = 0; i < group->num_columns(); ++i) {
      const auto chunk = group->ColumnChunk(i);
      ARROW_RETURN_NOT_OK(add(chunk->total_compressed_size(), rowGroup, info.file_bytes));
      ARROW_RETURN_NOT_OK(add(chunk->total_uncompressed_size(), rowGroup, info.uncompressed_bytes));
    }
    return info;
  }

  arrow::Result<std::shared_ptr<arrow::RecordBatch>> readRowGroup(int rowGroup, const Columns &columns) override {
    if (columns.empty())
      return rowsOnly(rowGroup);
    const auto leaves = leavesOf(columns);
    ARROW_RETURN_NOT_OK(admit(rowGroup, leaves));
    ARROW_ASSIGN_OR_RAISE(auto table, reader->ReadRowGroup(rowGroup, leaves));
    ARROW_ASSIGN_OR_RAISE(table, table->CombineChunks(budget));
    for (const auto &column : table->columns())
      if (column->num_chunks() >
          1) // joined as far as 32-bit offsets go. CombineChunksToBatch would drop the rest (26.0.1)
        return failure(PENSTOCK_ARROW_LIMIT,
                       nameOf(rowGroup) + " has more than 2 GiB of text in a column; read it in smaller batches");
    return table->CombineChunksToBatch(budget);
  }

  arrow::Result<BatchSource> scan(const ScanRange &range) override {
    return [this, range, leaves = leavesOf(range.columns), next = range.firstRowGroup,
            end = range.firstRowGroup + range.rowGroupCount,
            current = std::shared_ptr<arrow::RecordBatchReader>()]() mutable
               -> arrow::Result<std::shared_ptr<arrow::RecordBatch>> {
      while (true) {
        std::shared_ptr<arrow::RecordBatch> batch;
        if (current)
          ARROW_RETURN_NOT_OK(current->ReadNext(&batch));
        if (batch || next == end)
          return batch;
        const int rowGroup = next++;
        if (leaves.empty())
          return rowsOnly(rowGroup);
        ARROW_RETURN_NOT_OK(open(rowGroup, leaves, range.maxRows).Value(&current));
      }
    };
  }

private:
  static arrow::Status add(int64_t bytes, int rowGroup, int64_t &sum) {
    if (bytes < 0 || __builtin_add_overflow(sum, bytes, &sum))
      return arrow::Status::Invalid(nameOf(rowGroup), " claims an impossible size");
    return arrow::Status::OK();
  }

  std::vector<int> leavesOf(const Columns &columns) const {
    std::vector<int> leaves;
    for (const int column : columns)
      appendLeaves(reader->manifest().schema_fields[static_cast<size_t>(column)], leaves);
    return leaves;
  }

  /// Refuses by what the file says; what it does not say is refused by the budget while it is decoded.
  arrow::Status admit(int rowGroup, const std::vector<int> &leaves) const {
    const auto group = file->RowGroup(rowGroup);
    int64_t bytes = 0;
    for (const int leaf : leaves)
      ARROW_RETURN_NOT_OK(add(group->ColumnChunk(leaf)->total_uncompressed_size(), rowGroup, bytes));
    return budget->admits(bytes, nameOf(rowGroup));
  }

  arrow::Result<std::shared_ptr<arrow::RecordBatch>> rowsOnly(int rowGroup) const {
    const int64_t rows = file->RowGroup(rowGroup)->num_rows();
    if (rows < 0)
      return arrow::Status::Invalid(nameOf(rowGroup), " claims ", rows, " rows");
    return arrow::RecordBatch::Make(arrow::schema({}), rows, arrow::ArrayVector{});
  }

  arrow::Result<std::shared_ptr<arrow::RecordBatchReader>> open(int rowGroup, const std::vector<int> &leaves,
                                                                int64_t maxRows) {
    if (maxRows == 0)
      ARROW_RETURN_NOT_OK(admit(rowGroup, leaves));
    reader->set_batch_size(maxRows > 0 ? maxRows : std::max<int64_t>(1, file->RowGroup(rowGroup)->num_rows()));
    ARROW_ASSIGN_OR_RAISE(auto batches, reader->GetRecordBatchReader({rowGroup}, leaves));
    return std::shared_ptr<arrow::RecordBatchReader>(std::move(batches));
  }

  const std::unique_ptr<parquet::arrow::FileReader> reader;
  const std::shared_ptr<arrow::Schema> fileSchema;
  MemoryBudget *const budget;
  const std::shared_ptr<parquet::FileMetaData> file;
};

} // namespace

arrow::Result<std::unique_ptr<TableDecoder>> makeParquetDecoder(const DecoderSetup &setup) {
  parquet::ReaderProperties properties(setup.budget);
  properties.enable_buffered_stream(); // else a whole column chunk is held while a few rows of it are wanted
  properties.set_buffer_size(setup.isRemote ? 4 << 20 : 256 << 10); // a request costs as much as a MiB or more
  parquet::ArrowReaderProperties arrowProperties(/*use_threads=*/false);
  arrowProperties.set_pre_buffer(false); // would read ahead on Arrow's own threads
  parquet::arrow::FileReaderBuilder builder;
  ARROW_RETURN_NOT_OK(builder.Open(setup.file, properties));
  ARROW_ASSIGN_OR_RAISE(auto reader, builder.memory_pool(setup.budget)->properties(arrowProperties)->Build());
  std::shared_ptr<arrow::Schema> schema;
  ARROW_RETURN_NOT_OK(reader->GetSchema(&schema));
  return std::make_unique<ParquetDecoder>(std::move(reader), std::move(schema), setup.budget);
}

} // namespace penstock
