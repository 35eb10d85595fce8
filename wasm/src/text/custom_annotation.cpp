#include "text/custom_annotation.hpp"

#include <fmt/format.h>
#include <cairn/base/utf8.hpp>

#include <algorithm>

#include "text/string_literal.hpp"

namespace cairn::wasm::text {

namespace {

/// In the order of `section_order`.
constexpr std::string_view words[section_order.size()] = {
    "type",   "import", "func", "table",     "memory", "tag", "global",
    "export", "start",  "elem", "datacount", "code",   "data"};

/// The number of a section in the binary's order, from 1.
uint32_t rank(SectionId id) {
  return static_cast<uint32_t>(std::ranges::find(section_order, id) - section_order.begin()) + 1;
}

std::unexpected<Error> malformed(Context& context, std::string_view what) {
  if (context.in.kind() == TokenKind::bad) return context.in.unexpected("");
  return context.in.error(context.in.token(), fmt::format("@custom annotation: {}", what));
}

Result<uint32_t> parse_place(Context& context) {
  TokenReader& in = context.in;
  in.advance();
  const bool after = in.at_keyword("after");
  if (!after && !in.at_keyword("before")) return malformed(context, "malformed placement");
  in.advance();
  uint32_t place = 0;
  if (in.at_keyword("first") || in.at_keyword("last")) {
    place = in.at_keyword("first") ? place_first : place_last;
  } else {
    const auto word = std::ranges::find(words, in.text());
    if (in.kind() != TokenKind::keyword || word == std::end(words)) {
      return malformed(context, "malformed section kind");
    }
    place = 2 * (static_cast<uint32_t>(word - words) + 1) + (after ? 1 : 0);
  }
  in.advance();
  if (in.kind() != TokenKind::rparen) return malformed(context, "unexpected token");
  in.advance();
  return place;
}

}  // namespace

uint32_t place_before(SectionId id) { return 2 * rank(id); }

std::string_view placement_word(SectionId id) { return words[rank(id) - 1]; }

Result<PlacedSection> parse_custom_annotation(Context& context) {
  TokenReader& in = context.in;
  in.advance();
  PlacedSection section{.name = {}, .payload = {}, .place = place_last, .number = 0};
  if (in.kind() != TokenKind::string) return malformed(context, "missing section name");
  section.name = string_value(in.text());
  if (!is_utf8(section.name)) return malformed(context, "malformed UTF-8 encoding");
  TRY(context.check_limit(section.name.size(), context.limits.name_bytes, "bytes of a name"));
  in.advance();
  if (in.kind() == TokenKind::lparen) section.place = TRY(parse_place(context));
  std::string payload;
  in.take_strings(payload);
  if (in.kind() != TokenKind::rparen) return malformed(context, "unexpected token");
  in.advance();
  section.payload.begin = context.code.size();
  append(context.code, as_bytes(payload));
  section.payload.end = context.code.size();
  return section;
}

void place_sections(std::vector<PlacedSection>& sections, Module& module) {
  for (size_t i = 0; i < sections.size(); ++i) sections[i].number = static_cast<uint32_t>(i);
  std::ranges::sort(sections, {}, [](const PlacedSection& section) {
    return std::pair(section.place, section.number);
  });
  for (const PlacedSection& section : sections) {
    uint32_t follows = section.place / 2;
    if (section.place % 2 == 0 && follows > 0) --follows;
    follows = std::min<uint32_t>(follows, section_order.size());
    module.customs.push_back(
        {.name = section.name,
         .payload = {},
         .after = follows == 0 ? SectionId::custom : section_order[follows - 1],
         .offset = section.payload.begin});
  }
}

}  // namespace cairn::wasm::text
