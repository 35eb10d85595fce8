// Look-ups in the module's index spaces, and the errors of the body validator.

#include <fmt/format.h>

#include "validate/body_validator.hpp"

namespace cairn::wasm {

bool BodyValidator::func_type(uint32_t index, const FuncType*& out) {
  if (index >= context_.types.size()) return unknown("type", index);
  out = context_.types[index]->type.func();
  return out != nullptr ||
         fail(fmt::format("type mismatch: expected type {} to be a function type", index));
}

bool BodyValidator::struct_type(uint32_t index, const StructType*& out) {
  if (index >= context_.types.size()) return unknown("type", index);
  out = context_.types[index]->type.structure();
  return out != nullptr ||
         fail(fmt::format("type mismatch: expected type {} to be a structure type", index));
}

bool BodyValidator::array_type(uint32_t index, const ArrayType*& out) {
  if (index >= context_.types.size()) return unknown("type", index);
  out = context_.types[index]->type.array();
  return out != nullptr ||
         fail(fmt::format("type mismatch: expected type {} to be an array type", index));
}

bool BodyValidator::table(uint32_t index, const TableType*& out) {
  if (index >= context_.tables.size()) return unknown("table", index);
  out = &context_.tables[index];
  return true;
}

bool BodyValidator::memory(uint32_t index, ValType& address) {
  if (index >= context_.memories.size()) return unknown("memory", index);
  address = val_type(context_.memories[index].address);
  return true;
}

bool BodyValidator::tag(uint32_t index, const FuncType*& out) {
  if (index >= context_.tags.size()) return unknown("tag", index);
  out = context_.tags[index];
  return true;
}

bool BodyValidator::elem(uint32_t index, ValType& out) {
  if (index >= context_.elems.size()) return unknown("elem segment", index);
  out = context_.elems[index];
  return true;
}

bool BodyValidator::data(uint32_t index) {
  // The grammar itself demands the section that lets a body be checked before the data section.
  if (!context_.module.data_count) {
    return fail_as(ErrorKind::malformed,
                   fmt::format("data count section required: {} names data segment {}",
                               info(in_.op).text, index));
  }
  return index < context_.data_count() || unknown("data segment", index);
}

bool BodyValidator::local(uint32_t index, ValType& out) {
  if (index >= locals_.size()) return unknown("local", index);
  out = locals_.type(index);
  return true;
}

bool BodyValidator::canonical(ValType type, ValType& out) {
  if (!context_.knows(type)) return unknown("type", type.heap().index());
  out = context_.handle.canonical(type);
  return true;
}

bool BodyValidator::fail(std::string message) {
  return fail_as(ErrorKind::invalid, std::move(message));
}

bool BodyValidator::fail_as(ErrorKind kind, std::string message) {
  const std::string where =
      in_constant_ ? std::string(constant_what_) : fmt::format("func {}", func_index_);
  error_ = Error{.kind = kind,
                 .message = fmt::format("{} (in {}, at {})", message, where, info(in_.op).text),
                 .offset = in_.offset};
  return false;
}

bool BodyValidator::unknown(std::string_view what, uint32_t index) {
  return fail(fmt::format("unknown {} {}", what, index));
}

bool BodyValidator::mismatch(ValType expected, ValType found) {
  return fail(
      fmt::format("type mismatch: expected {}, found {}", describe(expected), describe(found)));
}

std::string BodyValidator::describe(ValType type) const {
  if (!type.is_ref() || !type.heap().is_index()) return to_string(type);
  for (uint32_t index = 0; index < context_.handle.size(); ++index) {
    if (context_.handle[index] == type.heap().index()) {
      return to_string(ValType::ref(HeapType::index(index), type.nullable()));
    }
  }
  return type.nullable() ? "(ref null of another module)" : "(ref of another module)";
}

}  // namespace cairn::wasm
