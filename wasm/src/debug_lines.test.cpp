#include <gtest/gtest.h>
#include <cairn/wasm/binary.hpp>
#include <cairn/wasm/debug_lines.hpp>

#include "binary/module_testing.hpp"

namespace cairn::wasm {
namespace {

using namespace testing;

void append_text(Bytes& out, std::string_view text) {
  append(out, as_bytes(text));
  out.push_back(0);
}

/// Lines 3 (column 7) at address 2, 4 at 5, nothing from 9 on, in the file `number`; and a function
/// at address 0, which is how linkers mark those that they leave out.
Bytes program(uint8_t number) {
  return {
      0x00,           0x05,   0x02, 0, 0, 0, 0,  // set_address 0
      0x01,                                      // copy
      0x02,           0x10,                      // advance_pc 16
      0x00,           0x01,   0x01,              // end_sequence
      0x00,           0x05,   0x02, 2, 0, 0, 0,  // set_address 2
      0x04,           number,                    // set_file
      0x05,           0x07,                      // set_column 7
      0x03,           0x02,                      // advance_line 2
      0x0a,                                      // set_prologue_end: skipped by its length
      0x01,                                      // copy
      13 + 3 * 4 + 2,                            // a special opcode: 3 bytes on, 2 - 1 lines on
      0x02,           0x04,                      // advance_pc 4
      0x00,           0x01,   0x01,              // end_sequence
  };
}

Bytes file_lists(int version) {
  Bytes lists;
  if (version < 5) {
    append_text(lists, "lib");
    lists.push_back(0);
    append_text(lists, "main.c");
    append(lists, Bytes{0, 0, 0});
    append_text(lists, "part.c");
    append(lists, Bytes{1, 0, 0, 0});
    return lists;
  }
  append(lists, Bytes{1, 1, 0x08, 2});  // paths as strings, two of them
  append_text(lists, "/src");
  append_text(lists, "lib");
  append(lists, Bytes{3, 1, 0x1f, 2, 0x0b, 5, 0x1e, 2});  // path, directory, checksum
  append(lists, Bytes{0, 0, 0, 0, 0});
  append(lists, Bytes(16));
  append(lists, Bytes{7, 0, 0, 0, 1});
  append(lists, Bytes(16));
  return lists;
}

/// A unit of `.debug_line`, whose second file is "part.c" in "lib".
Bytes unit(int version) {
  Bytes head = {1};
  if (version >= 4) head.push_back(1);
  append(head, Bytes{1, 0xff, 4, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1});  // line_base -1
  append(head, file_lists(version));
  Bytes body;
  append_le<uint16_t>(body, static_cast<uint16_t>(version));
  if (version == 5) append(body, Bytes{4, 0});
  append_le<uint32_t>(body, static_cast<uint32_t>(head.size()));
  append(body, head);
  append(body, program(version == 5 ? 1 : 2));
  Bytes bytes;
  append_le<uint32_t>(bytes, static_cast<uint32_t>(body.size()));
  append(bytes, body);
  return bytes;
}

/// A module with one function, and where its code section starts.
struct Subject {
  Module module;
  uint64_t code = 0;
};
Subject subject(const Bytes& lines) {
  Bytes strings;
  append_text(strings, "main.c");
  append_text(strings, "part.c");
  Bytes bytes = module_with_body({0x00, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x0B});
  append(bytes, custom(".debug_line", lines));
  append(bytes, custom(".debug_line_str", strings));
  Result<Module> module = decode(bytes);
  EXPECT_TRUE(module);
  if (!module) return {};
  Subject made{*std::move(module), 0};
  for (const SectionRange& range : made.module.sections) {
    if (range.id == SectionId::code) made.code = range.offset;
  }
  return made;
}

std::string line_at(const DebugLines& lines, uint64_t offset) {
  const std::optional<SourceLine> found = lines.find(offset);
  return found ? fmt::format("{}:{}:{}", found->file, found->line, found->column) : "nothing";
}

TEST(DebugLines, MapsCodeToLines) {
  for (const int version : {2, 3, 4, 5}) {
    SCOPED_TRACE(version);
    const Subject made = subject(unit(version));
    const DebugLines lines(made.module);
    EXPECT_EQ(line_at(lines, 0), "nothing");
    EXPECT_EQ(line_at(lines, made.code + 1), "nothing");
    EXPECT_EQ(line_at(lines, made.code + 2), "lib/part.c:3:7");
    EXPECT_EQ(line_at(lines, made.code + 4), "lib/part.c:3:7");
    EXPECT_EQ(line_at(lines, made.code + 5), "lib/part.c:4:7");
    EXPECT_EQ(line_at(lines, made.code + 8), "lib/part.c:4:7");
    EXPECT_EQ(line_at(lines, made.code + 9), "nothing");
  }
}

TEST(DebugLines, ReadsManyUnitsUpToTheFirstMistake) {
  Bytes bytes = unit(3);
  append(bytes, unit(9));  // a version that nobody knows is left out
  append(bytes, unit(5));
  append(bytes, Bytes{0xff, 0xff, 0xff});
  const Subject made = subject(bytes);
  EXPECT_EQ(line_at(DebugLines(made.module), made.code + 5), "lib/part.c:4:7");
}

TEST(DebugLines, HoldsTheLimit) {
  const Subject made = subject(unit(5));
  ImplementationLimits limits;
  limits.debug_lines = 1;
  const DebugLines lines(made.module, limits);
  EXPECT_EQ(line_at(lines, made.code + 2), "lib/part.c:3:7");
  EXPECT_EQ(line_at(lines, made.code + 5), "lib/part.c:3:7");
  limits.debug_lines = 0;
  EXPECT_TRUE(DebugLines(made.module, limits).empty());
}

TEST(DebugLines, SurvivesEveryCutAndEveryChange) {
  for (const int version : {2, 4, 5}) {
    const Bytes whole = unit(version);
    for (size_t size = 0; size < whole.size(); ++size) {
      const Subject made = subject(Bytes(whole.begin(), whole.begin() + static_cast<long>(size)));
      EXPECT_EQ(line_at(DebugLines(made.module), made.code + 2), "nothing") << size;
    }
    for (size_t at = 0; at < whole.size(); ++at) {
      for (const uint8_t value : Bytes{0x00, 0x01, 0x7f, 0x80, 0xff}) {
        Bytes changed = whole;
        changed[at] = value;
        const Subject made = subject(changed);
        const DebugLines lines(made.module);
        for (uint64_t offset = 0; offset < 20; ++offset) lines.find(made.code + offset);
      }
    }
  }
}

/// Entries without fields take no bytes, so their number could be anything.
TEST(DebugLines, RefusesListsWithoutEnd) {
  Bytes body = {5, 0, 4, 0};
  append_le<uint32_t>(body, 27);
  append(body, Bytes{1, 1, 1, 0xff, 4, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1, 0});
  append(body, Bytes{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f});
  Bytes bytes;
  append_le<uint32_t>(bytes, static_cast<uint32_t>(body.size()));
  append(bytes, body);
  EXPECT_TRUE(DebugLines(subject(bytes).module).empty());
}

}  // namespace
}  // namespace cairn::wasm
