#include "text/type_parser.hpp"

#include <fmt/format.h>

#include <bit>

namespace cairn::wasm::text {

namespace {

struct TypeWord {
  std::string_view word;
  ValType type;
};

/// The value types that are one word, references with their short forms.
constexpr TypeWord type_words[] = {
    {"i32", i32},
    {"i64", i64},
    {"f32", f32},
    {"f64", f64},
    {"v128", v128},
    {"funcref", funcref},
    {"externref", externref},
    {"anyref", anyref},
    {"eqref", ValType::ref(AbsHeapType::eq, true)},
    {"i31ref", ValType::ref(AbsHeapType::i31, true)},
    {"structref", ValType::ref(AbsHeapType::struct_, true)},
    {"arrayref", ValType::ref(AbsHeapType::array, true)},
    {"exnref", exnref},
    {"nullref", ValType::ref(AbsHeapType::none, true)},
    {"nullfuncref", ValType::ref(AbsHeapType::nofunc, true)},
    {"nullexternref", ValType::ref(AbsHeapType::noextern, true)},
    {"nullexnref", ValType::ref(AbsHeapType::noexn, true)},
};

const TypeWord* find_type_word(std::string_view word) {
  for (const TypeWord& entry : type_words) {
    if (entry.word == word) return &entry;
  }
  return nullptr;
}

struct HeapWord {
  std::string_view word;
  AbsHeapType type;
};
constexpr HeapWord heap_words[] = {
    {"func", AbsHeapType::func},         {"extern", AbsHeapType::extern_},
    {"any", AbsHeapType::any},           {"eq", AbsHeapType::eq},
    {"i31", AbsHeapType::i31},           {"struct", AbsHeapType::struct_},
    {"array", AbsHeapType::array},       {"exn", AbsHeapType::exn},
    {"none", AbsHeapType::none},         {"nofunc", AbsHeapType::nofunc},
    {"noextern", AbsHeapType::noextern}, {"noexn", AbsHeapType::noexn},
};

}  // namespace

std::optional<AbsHeapType> take_abstract_heap_type(TokenReader& in) {
  for (const HeapWord& entry : heap_words) {
    if (in.take_keyword(entry.word)) return entry.type;
  }
  return std::nullopt;
}

bool TypeParser::at_value_type() const {
  if (in_.kind() == TokenKind::keyword) return find_type_word(in_.text()) != nullptr;
  return in_.at_open("ref");
}

Result<ValType> TypeParser::value_type() {
  if (in_.kind() == TokenKind::keyword) {
    if (const TypeWord* found = find_type_word(in_.text())) {
      in_.advance();
      return found->type;
    }
  }
  if (!in_.take_open("ref")) return in_.unexpected("a value type");
  const bool nullable = in_.take_keyword("null");
  const HeapType heap = TRY(heap_type());
  TRY(in_.expect_close());
  return ValType::ref(heap, nullable);
}

Result<ValType> TypeParser::reference_type() {
  const Token& token = in_.token();
  const ValType type = TRY(value_type());
  if (!type.is_ref()) {
    return in_.error(token, fmt::format("unexpected token '{}', expected a reference type",
                                        in_.tokens().text(token)));
  }
  return type;
}

Result<HeapType> TypeParser::heap_type() {
  if (context_.at_index()) {
    const Token& token = in_.token();
    const uint32_t index = TRY(context_.index(Space::type));
    if (index > HeapType::index_mask) {
      return in_.error(ErrorKind::limit, token, "the type index is too large");
    }
    return HeapType::index(index);
  }
  if (in_.kind() == TokenKind::keyword) {
    if (const auto type = take_abstract_heap_type(in_)) return HeapType(*type);
  }
  return in_.unexpected("a heap type");
}

Result<ValType> TypeParser::storage_type() {
  if (in_.take_keyword("i8")) return i8_storage;
  if (in_.take_keyword("i16")) return i16_storage;
  return value_type();
}

Result<FieldType> TypeParser::field_type() {
  const bool is_mutable = in_.take_open("mut");
  const ValType storage = TRY(storage_type());
  if (is_mutable) TRY(in_.expect_close());
  return FieldType{storage, is_mutable};
}

Result<GlobalType> TypeParser::global_type() {
  const bool is_mutable = in_.take_open("mut");
  const ValType type = TRY(value_type());
  if (is_mutable) TRY(in_.expect_close());
  return GlobalType{type, is_mutable};
}

Result<AddrType> TypeParser::address_type() {
  if (context_.features.has(Feature::memory64) && in_.take_keyword("i64")) return AddrType::i64;
  in_.take_keyword("i32");
  return AddrType::i32;
}

Result<Limits> TypeParser::limits() {
  // Before memory64 the grammar itself had 32-bit limits; now validation refuses what is too large.
  const bool wide = context_.features.has(Feature::memory64);
  const auto bound = [&]() -> Result<uint64_t> {
    if (wide) return in_.expect_u64();
    return TRY(in_.expect_u32());
  };
  Limits limits;
  limits.min = TRY(bound());
  if (in_.kind() == TokenKind::number) limits.max = TRY(bound());
  return limits;
}

Result<TableType> TypeParser::table_type() {
  TableType type;
  type.address = TRY(address_type());
  type.limits = TRY(limits());
  type.element = TRY(reference_type());
  return type;
}

/// An optional `(pagesize n)`; the exponent of the page size.
Result<uint8_t> TypeParser::page_size() {
  if (!in_.take_open("pagesize")) return uint8_t{16};
  const Token& token = in_.token();
  const uint64_t size = TRY(in_.expect_u64());
  if (!std::has_single_bit(size)) {
    return in_.error(token, "invalid custom page size: not a power of two");
  }
  TRY(in_.expect_close());
  return static_cast<uint8_t>(std::countr_zero(size));
}

Result<MemoryType> TypeParser::memory_type() {
  MemoryType type;
  type.address = TRY(address_type());
  type.limits = TRY(limits());
  type.shared = in_.take_keyword("shared");
  type.page_size_log2 = TRY(page_size());
  return type;
}

Result<> TypeParser::params(FuncType& type, std::vector<ParamName>* names) {
  while (in_.take_open("param")) {
    const Token& token = in_.token();
    const bool named = token.kind == TokenKind::id || token.kind == TokenKind::annotation;
    if (!named) {
      while (in_.kind() != TokenKind::rparen) type.params.push_back(TRY(value_type()));
    } else {
      if (!names) return in_.unexpected("a value type");
      ParamName param{.index = static_cast<uint32_t>(type.params.size())};
      if (token.kind == TokenKind::id) {
        param.id = in_.id_of(token);
        param.token = &token;
      }
      param.name = TRY(context_.binding_name());
      names->push_back(std::move(param));
      type.params.push_back(TRY(value_type()));
    }
    TRY(in_.expect_close());
  }
  return context_.check_limit(type.params.size(), context_.limits.params, "parameters");
}

Result<> TypeParser::results(std::vector<ValType>& types) {
  while (in_.take_open("result")) {
    while (in_.kind() != TokenKind::rparen) types.push_back(TRY(value_type()));
    in_.advance();
  }
  return context_.check_limit(types.size(), context_.limits.results, "results");
}

Result<> TypeParser::function_type(FuncType& type, std::vector<ParamName>* names) {
  TRY(params(type, names));
  return results(type.results);
}

Result<TypeUse> TypeParser::type_use(std::vector<ParamName>* names) {
  TypeUse use;
  use.token = &in_.token();
  if (in_.take_open("type")) {
    use.index = TRY(context_.index(Space::type));
    TRY(in_.expect_close());
  }
  TRY(function_type(use.inline_type, names));
  return use;
}

Result<uint32_t> TypeParser::resolve(const TypeUse& use) {
  std::vector<SubType>& types = context_.module.types;
  if (!use.index) {
    const auto [at, is_new] =
        function_types_.try_emplace(use.inline_type, static_cast<uint32_t>(types.size()));
    if (is_new) {
      context_.module.rec_groups.push_back({.first = at->second});
      types.push_back({.supertypes = {}, .composite = use.inline_type});
      TRY(context_.check_limit(types.size(), context_.limits.types, "types"));
    }
    return at->second;
  }
  if (use.inline_type == FuncType{}) return *use.index;
  const FuncType* explicit_type = *use.index < types.size() ? types[*use.index].func() : nullptr;
  if (!explicit_type) return in_.error(*use.token, "unknown type, or no function type");
  if (*explicit_type != use.inline_type) {
    return in_.error(*use.token, "inline function type does not match the explicit type");
  }
  return *use.index;
}

Result<BlockType> TypeParser::block_type() {
  BlockType block;
  if (in_.kind() != TokenKind::lparen) return block;  // the common case
  const TypeUse use = TRY(type_use(nullptr));
  if (!use.is_plain()) {
    block.kind = BlockType::Kind::index;
    block.index = TRY(resolve(use));
  } else if (!use.inline_type.results.empty()) {
    block.kind = BlockType::Kind::value;
    block.value = use.inline_type.results[0];
  }
  return block;
}

Result<StructType> TypeParser::struct_type(uint32_t index) {
  StructType type;
  NameMap names;
  while (in_.take_open("field")) {
    const Token& token = in_.token();
    const auto field = static_cast<uint32_t>(type.fields.size());
    if (token.kind == TokenKind::id || token.kind == TokenKind::annotation) {
      if (token.kind == TokenKind::id) {
        if (context_.fields.size() <= index) context_.fields.resize(index + 1);
        if (!context_.fields[index].bind(in_.id_of(token), field)) {
          return in_.error(token, fmt::format("duplicate field {}", in_.text()));
        }
      }
      TRY(context_.bind_name(names, field));
      type.fields.push_back(TRY(field_type()));
    } else {
      while (in_.kind() != TokenKind::rparen) type.fields.push_back(TRY(field_type()));
    }
    TRY(in_.expect_close());
  }
  TRY(context_.check_limit(type.fields.size(), context_.limits.struct_fields, "fields"));
  if (!names.empty()) context_.names.fields.push_back({index, std::move(names)});
  return type;
}

Result<CompositeType> TypeParser::composite_type(uint32_t index) {
  CompositeType type;
  if (in_.take_open("func")) {
    std::vector<ParamName> ignored;
    TRY(function_type(type.emplace<FuncType>(), &ignored));
  } else if (in_.take_open("struct")) {
    type = TRY(struct_type(index));
  } else if (in_.take_open("array")) {
    type = ArrayType{TRY(field_type())};
  } else {
    return in_.unexpected("'(func', '(struct', '(array' or '(sub'");
  }
  TRY(in_.expect_close());
  return type;
}

Result<SubType> TypeParser::sub_type(uint32_t index) {
  SubType type;
  const bool is_explicit = in_.take_open("sub");
  if (is_explicit) {
    type.is_final = in_.take_keyword("final");
    while (context_.at_index()) type.supertypes.push_back(TRY(context_.index(Space::type)));
  }
  type.composite = TRY(composite_type(index));
  if (is_explicit) TRY(in_.expect_close());
  return type;
}

Result<> TypeParser::definition() {
  TRY(in_.expect_open("type"));
  std::vector<SubType>& types = context_.module.types;
  const auto index = static_cast<uint32_t>(types.size());
  TRY(context_.check_limit(uint64_t{index} + 1, context_.limits.types, "types"));
  TRY(context_.bind_name(context_.names.types, index));
  types.push_back(TRY(sub_type(index)));
  return in_.expect_close();
}

Result<> TypeParser::type_field() {
  RecGroup group{.first = static_cast<uint32_t>(context_.module.types.size())};
  group.explicit_rec = in_.take_open("rec");
  if (group.explicit_rec) {
    while (in_.kind() != TokenKind::rparen) TRY(definition());
    in_.advance();
    group.count = static_cast<uint32_t>(context_.module.types.size()) - group.first;
  } else {
    TRY(definition());
  }
  TRY(context_.check_limit(group.count, context_.limits.rec_group_types, "types in a group"));
  context_.module.rec_groups.push_back(group);
  return context_.check_limit(context_.module.rec_groups.size(), context_.limits.rec_groups,
                              "recursion groups");
}

void TypeParser::index_function_types() {
  for (const RecGroup& group : context_.module.rec_groups) {
    if (group.count != 1) continue;
    const SubType& type = context_.module.types[group.first];
    if (type.is_final && type.supertypes.empty() && type.func()) {
      function_types_.try_emplace(*type.func(), group.first);
    }
  }
}

size_t TypeParser::Hash::operator()(const FuncType& type) const {
  uint64_t hash = type.params.size();
  const auto mix = [&](ValType value) {
    hash = (hash ^ value.bits()) * 0x9e3779b97f4a7c15;
    hash ^= hash >> 29;
  };
  for (const ValType param : type.params) mix(param);
  for (const ValType result : type.results) mix(result);
  return hash;
}

}  // namespace cairn::wasm::text
