// Equality of modules as abstract syntax.

#include <cairn/wasm/binary.hpp>
#include <cairn/wasm/instruction.hpp>

#include <algorithm>

#include "binary/section_order.hpp"

namespace cairn::wasm {

namespace {

/// The instructions in their shortest form; empty when they cannot be decoded.
Bytes normalised(const Expr& expr) {
  Bytes out;
  InstrDecoder decoder(expr, Features::all());
  Instruction instruction;
  while (!decoder.at_end()) {
    if (!decoder.step(instruction)) return {};
    encode(instruction, out);
  }
  return out;
}

bool same(const Expr& a, const Expr& b) {
  if (std::ranges::equal(a.code, b.code)) return true;
  const Bytes left = normalised(a);
  return !left.empty() && left == normalised(b);
}

bool same(const std::optional<Expr>& a, const std::optional<Expr>& b) {
  return a.has_value() == b.has_value() && (!a || same(*a, *b));
}

/// Element by element; defined below all the overloads that it chooses from.
template <class T>
bool same(const std::vector<T>& a, const std::vector<T>& b);

/// The groups of locals with empty ones dropped and neighbours of one type joined.
std::vector<LocalGroup> joined(const std::vector<LocalGroup>& groups) {
  std::vector<LocalGroup> out;
  for (const LocalGroup& group : groups) {
    if (group.count == 0) continue;
    if (!out.empty() && out.back().type == group.type) {
      out.back().count += group.count;
    } else {
      out.push_back(group);
    }
  }
  return out;
}

bool same(const LocalGroup& a, const LocalGroup& b) {
  return a.count == b.count && a.type == b.type;
}

bool same(const RecGroup& a, const RecGroup& b) { return a.first == b.first && a.count == b.count; }

bool same(const Import& a, const Import& b) {
  return a.module == b.module && a.name == b.name && a.kind == b.kind && a.type == b.type;
}

bool same(const Export& a, const Export& b) {
  return a.name == b.name && a.kind == b.kind && a.index == b.index;
}

bool same(const Table& a, const Table& b) { return a.type == b.type && same(a.init, b.init); }

bool same(const Global& a, const Global& b) { return a.type == b.type && same(a.init, b.init); }

bool same(const Elem& a, const Elem& b) {
  return a.mode == b.mode && a.table == b.table && same(a.offset, b.offset) &&
         a.uses_exprs == b.uses_exprs && (!a.uses_exprs || a.type == b.type) &&
         a.functions == b.functions && same(a.exprs, b.exprs);
}

bool same(const Code& a, const Code& b) {
  return same(joined(a.locals), joined(b.locals)) && same(a.body, b.body);
}

bool same(const Data& a, const Data& b) {
  return a.mode == b.mode && a.memory == b.memory && same(a.offset, b.offset) &&
         std::ranges::equal(a.bytes, b.bytes);
}

bool same(const PlacedCustom& a, const PlacedCustom& b) {
  // The data count section is a choice of the encoder, so its place counts as that before it.
  const auto place = [](SectionId id) {
    return id == SectionId::data_count ? SectionId::element : id;
  };
  return place(a.after) == place(b.after) && a.section->name == b.section->name &&
         std::ranges::equal(a.section->payload, b.section->payload);
}

template <class T>
bool same(const std::vector<T>& a, const std::vector<T>& b) {
  return std::ranges::equal(a, b, [](const T& x, const T& y) { return same(x, y); });
}

}  // namespace

bool equal(const Module& a, const Module& b) {
  return a.types == b.types && same(a.rec_groups, b.rec_groups) && same(a.imports, b.imports) &&
         a.functions == b.functions && same(a.tables, b.tables) && a.memories == b.memories &&
         a.tags == b.tags && same(a.globals, b.globals) && same(a.exports, b.exports) &&
         a.start == b.start && same(a.elems, b.elems) && same(a.code, b.code) &&
         same(a.datas, b.datas) && same(placed_customs(a), placed_customs(b));
}

}  // namespace cairn::wasm
