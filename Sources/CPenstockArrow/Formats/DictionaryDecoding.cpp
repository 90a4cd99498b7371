#include "Cast.h"
#include "TableDecoder.h"

#include <arrow/array.h>

namespace penstock {

namespace {

using TypePointer = std::shared_ptr<arrow::DataType>;

std::shared_ptr<arrow::Field> plain(const std::shared_ptr<arrow::Field> &field);

TypePointer plain(const TypePointer &type) {
  using arrow::Type;
  switch (type->id()) {
  case Type::DICTIONARY:
    return plain(static_cast<const arrow::DictionaryType &>(*type).value_type());
  case Type::LIST:
    return arrow::list(plain(type->field(0)));
  case Type::LARGE_LIST:
    return arrow::large_list(plain(type->field(0)));
  case Type::FIXED_SIZE_LIST:
    return arrow::fixed_size_list(plain(type->field(0)),
                                  static_cast<const arrow::FixedSizeListType &>(*type).list_size());
  case Type::MAP: {
    const auto &map = static_cast<const arrow::MapType &>(*type);
    return std::make_shared<arrow::MapType>(plain(map.key_field()), plain(map.item_field()), map.keys_sorted());
  }
  case Type::STRUCT: {
    arrow::FieldVector fields;
    for (const auto &field : type->fields())
      fields.push_back(plain(field));
    return arrow::struct_(std::move(fields));
  }
  default:
    return type;
  }
}

std::shared_ptr<arrow::Field> plain(const std::shared_ptr<arrow::Field> &field) {
  const auto type = plain(field->type());
  return type->Equals(*field->type()) ? field : field->WithType(type);
}

} // namespace

std::shared_ptr<arrow::Schema> withoutDictionaries(const arrow::Schema &schema) {
  arrow::FieldVector fields;
  for (const auto &field : schema.fields())
    fields.push_back(plain(field));
  return arrow::schema(std::move(fields), schema.metadata());
}

arrow::Result<std::shared_ptr<arrow::RecordBatch>> decodingDictionaries(const arrow::RecordBatch &batch,
                                                                        const std::shared_ptr<arrow::Schema> &schema,
                                                                        arrow::MemoryPool *pool) {
  arrow::ArrayVector columns = batch.columns();
  for (int i = 0; i < batch.num_columns(); ++i) {
    const auto &wanted = schema->field(i)->type();
    auto &column = columns[static_cast<size_t>(i)];
    if (!column->type()->Equals(*wanted))
      ARROW_RETURN_NOT_OK(castOnThisThread(*column, wanted, pool).Value(&column));
  }
  return arrow::RecordBatch::Make(schema, batch.num_rows(), std::move(columns));
}

} // namespace penstock
