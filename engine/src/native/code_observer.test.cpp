// Who is told of machine code, and what debuggers see of it.

#include <elf.h>
#include <gtest/gtest.h>
#include <cairn/engine/compiler.hpp>

#include <map>

#include "native/sample_testing.hpp"

// NOLINTBEGIN(bugprone-reserved-identifier): what debuggers look for
extern "C" {
struct jit_code_entry {
  jit_code_entry* next_entry;
  jit_code_entry* prev_entry;
  const char* symfile_addr;
  uint64_t symfile_size;
};
struct jit_descriptor {
  uint32_t version;
  uint32_t action_flag;
  jit_code_entry* relevant_entry;
  jit_code_entry* first_entry;
};
extern jit_descriptor __jit_debug_descriptor;
}
// NOLINTEND(bugprone-reserved-identifier)

namespace cairn::engine {
namespace {

class Observer final : public CodeObserver {
 public:
  void installed(const InstalledCode& code) override { codes.push_back(code); }
  void removed(const void* begin) override { gone.push_back(begin); }
  std::vector<InstalledCode> codes;
  std::vector<const void*> gone;
};

Settings settings_with(std::shared_ptr<CodeObserver> observer) {
  return {.code_generator = std::make_shared<testing::SampleGenerator>(),
          .code_observer = std::move(observer),
          .tier = Tier::compile};
}

TEST(CodeObserver, IsToldOfCodeByName) {
  if (!runs_machine_code()) GTEST_SKIP() << "machine code is for x86-64";
  const auto observer = std::make_shared<Observer>();
  Engine engine(settings_with(observer));
  {
    const Module module = testing::load(engine, testing::sample_source);
    ASSERT_EQ(observer->codes.size(), 1u);
    const InstalledCode& code = observer->codes[0];
    EXPECT_EQ(code.size, 46u);
    ASSERT_EQ(code.parts.size(), 2u);
    EXPECT_EQ(code.parts[0].name, "one");
    EXPECT_EQ(code.parts[0].offset, 0u);
    EXPECT_EQ(code.parts[0].size, 6u);
    EXPECT_EQ(code.parts[1].name, "stub _i");
    EXPECT_TRUE(observer->gone.empty());
  }
  EXPECT_EQ(observer->gone, std::vector<const void*>{observer->codes[0].begin});
  const Module exported =
      testing::load(engine, "(module (func (export \"f\") (result i32) unreachable))");
  EXPECT_EQ(observer->codes.back().parts[0].name, "f");
  const Module unnamed = testing::load(engine, "(module (func (result i32) unreachable))");
  EXPECT_EQ(observer->codes.back().parts[0].name, "func[0]");
}

/// Symbols of an ELF file by name: where they lie in memory.
std::map<std::string, uint64_t> symbols_of(const jit_code_entry& entry) {
  const char* const file = entry.symfile_addr;
  Elf64_Ehdr header;
  std::memcpy(&header, file, sizeof header);
  EXPECT_EQ(std::string(file, 4), "\177ELF");
  EXPECT_EQ(header.e_shoff + header.e_shnum * sizeof(Elf64_Shdr), entry.symfile_size);
  std::vector<Elf64_Shdr> sections(header.e_shnum);
  std::memcpy(sections.data(), file + header.e_shoff, header.e_shnum * sizeof(Elf64_Shdr));
  std::map<std::string, uint64_t> symbols;
  for (const Elf64_Shdr& section : sections) {
    if (section.sh_type != SHT_SYMTAB) continue;
    for (uint64_t at = sizeof(Elf64_Sym); at < section.sh_size; at += sizeof(Elf64_Sym)) {
      Elf64_Sym symbol;
      std::memcpy(&symbol, file + section.sh_offset + at, sizeof symbol);
      symbols[file + sections[section.sh_link].sh_offset + symbol.st_name] =
          sections[symbol.st_shndx].sh_addr + symbol.st_value;
    }
  }
  return symbols;
}

TEST(GdbObserver, ListsSymbolFiles) {
  if (!runs_machine_code()) GTEST_SKIP() << "machine code is for x86-64";
  ASSERT_EQ(__jit_debug_descriptor.version, 1u);
  ASSERT_EQ(__jit_debug_descriptor.first_entry, nullptr);
  {
    Engine engine(settings_with(make_gdb_observer()));
    const Module first = testing::load(engine, testing::sample_source);
    {
      const Module second =
          testing::load(engine, "(module (func (export \"g\") (result i32) unreachable))");
      const jit_code_entry* const entry = __jit_debug_descriptor.first_entry;
      ASSERT_NE(entry, nullptr);
      EXPECT_TRUE(symbols_of(*entry).contains("g"));
      ASSERT_NE(entry->next_entry, nullptr);
      EXPECT_EQ(entry->next_entry->prev_entry, entry);
    }
    const jit_code_entry* const entry = __jit_debug_descriptor.first_entry;
    ASSERT_NE(entry, nullptr);
    EXPECT_EQ(entry->next_entry, nullptr);
    EXPECT_EQ(entry->prev_entry, nullptr);
    const std::map<std::string, uint64_t> symbols = symbols_of(*entry);
    ASSERT_TRUE(symbols.contains("one") && symbols.contains("stub _i"));
    // The instructions are where the symbol says.
    EXPECT_EQ(*reinterpret_cast<const uint8_t*>(symbols.at("one")), 0xb8);
    EXPECT_EQ(__jit_debug_descriptor.action_flag, 0u);
  }
  EXPECT_EQ(__jit_debug_descriptor.first_entry, nullptr);
}

}  // namespace
}  // namespace cairn::engine
