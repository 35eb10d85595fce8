#include <fmt/format.h>
#include <cairn/wasm/types.hpp>

namespace cairn::wasm {

namespace {

std::string_view name_of(AbsHeapType type) {
  switch (type) {
    case AbsHeapType::noexn: return "noexn";
    case AbsHeapType::nofunc: return "nofunc";
    case AbsHeapType::noextern: return "noextern";
    case AbsHeapType::none: return "none";
    case AbsHeapType::func: return "func";
    case AbsHeapType::extern_: return "extern";
    case AbsHeapType::any: return "any";
    case AbsHeapType::eq: return "eq";
    case AbsHeapType::i31: return "i31";
    case AbsHeapType::struct_: return "struct";
    case AbsHeapType::array: return "array";
    case AbsHeapType::exn: return "exn";
    case AbsHeapType::bot: return "bot";
  }
  return "unknown";
}

/// The short form of a nullable reference to an abstract heap type: "funcref", "nullref".
std::string_view short_name_of(AbsHeapType type) {
  switch (type) {
    case AbsHeapType::noexn: return "nullexnref";
    case AbsHeapType::nofunc: return "nullfuncref";
    case AbsHeapType::noextern: return "nullexternref";
    case AbsHeapType::none: return "nullref";
    case AbsHeapType::func: return "funcref";
    case AbsHeapType::extern_: return "externref";
    case AbsHeapType::any: return "anyref";
    case AbsHeapType::eq: return "eqref";
    case AbsHeapType::i31: return "i31ref";
    case AbsHeapType::struct_: return "structref";
    case AbsHeapType::array: return "arrayref";
    case AbsHeapType::exn: return "exnref";
    case AbsHeapType::bot: return "(ref null bot)";
  }
  return "unknown";
}

}  // namespace

std::string_view to_string(ExternKind kind) {
  switch (kind) {
    case ExternKind::func: return "func";
    case ExternKind::table: return "table";
    case ExternKind::memory: return "memory";
    case ExternKind::global: return "global";
    case ExternKind::tag: return "tag";
  }
  return "unknown";
}

std::string to_string(HeapType type) {
  if (type.is_index()) return fmt::format("{}", type.index());
  return std::string(name_of(type.abstract()));
}

std::string to_string(ValType type) {
  switch (type.kind()) {
    case ValType::Kind::bot: return "bot";
    case ValType::Kind::i16: return "i16";
    case ValType::Kind::i8: return "i8";
    case ValType::Kind::v128: return "v128";
    case ValType::Kind::f64: return "f64";
    case ValType::Kind::f32: return "f32";
    case ValType::Kind::i64: return "i64";
    case ValType::Kind::i32: return "i32";
    case ValType::Kind::ref: break;
  }
  const HeapType heap = type.heap();
  if (type.nullable() && !heap.is_index()) return std::string(short_name_of(heap.abstract()));
  return fmt::format("(ref {}{})", type.nullable() ? "null " : "", to_string(heap));
}

}  // namespace cairn::wasm
