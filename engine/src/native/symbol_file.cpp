#include "native/symbol_file.hpp"

#include <elf.h>

#include <string>

namespace cairn::engine {

namespace {

enum Section : uint16_t { null_section, text, symbols, names, section_names, section_count };

/// A structure of elf.h as it lies in memory: this is for debuggers of this process.
template <class T>
void append_plain(Bytes& out, const T& value) {
  append(out, {reinterpret_cast<const uint8_t*>(&value), sizeof value});
}

Elf64_Ehdr header(uint64_t sections_at) {
  Elf64_Ehdr header = {};
  header.e_ident[EI_MAG0] = ELFMAG0;
  header.e_ident[EI_MAG1] = ELFMAG1;
  header.e_ident[EI_MAG2] = ELFMAG2;
  header.e_ident[EI_MAG3] = ELFMAG3;
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_REL;
  header.e_machine = EM_X86_64;
  header.e_version = EV_CURRENT;
  header.e_shoff = sections_at;
  header.e_ehsize = sizeof header;
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = section_count;
  header.e_shstrndx = section_names;
  return header;
}

/// What sections are called, from the 1st, 7th, 15th and 23rd character on.
constexpr std::string_view section_texts("\0.text\0.symtab\0.strtab\0.shstrtab\0", 33);

Elf64_Shdr section(uint32_t name, uint32_t type, uint64_t offset, uint64_t size) {
  Elf64_Shdr section = {};
  section.sh_name = name;
  section.sh_type = type;
  section.sh_offset = offset;
  section.sh_size = size;
  section.sh_addralign = 1;
  return section;
}

}  // namespace

Bytes write_symbol_file(const InstalledCode& code) {
  std::string strings(1, '\0');
  Bytes table;
  append_plain(table, Elf64_Sym{});
  for (const InstalledCode::Part& part : code.parts) {
    Elf64_Sym symbol = {};
    symbol.st_name = static_cast<uint32_t>(strings.size());
    symbol.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC);
    symbol.st_shndx = text;
    symbol.st_value = part.offset;
    symbol.st_size = part.size;
    append_plain(table, symbol);
    strings += part.name.substr(0, part.name.find('\0'));
    strings += '\0';
  }
  const uint64_t table_at = sizeof(Elf64_Ehdr), strings_at = table_at + table.size();
  const uint64_t section_texts_at = strings_at + strings.size();
  const uint64_t sections_at = (section_texts_at + section_texts.size() + 7) / 8 * 8;

  Elf64_Shdr sections[section_count] = {};
  sections[text] = section(1, SHT_NOBITS, 0, code.size);
  sections[text].sh_flags = SHF_ALLOC | SHF_EXECINSTR;
  sections[text].sh_addr = reinterpret_cast<uint64_t>(code.begin);
  sections[text].sh_addralign = 16;
  sections[symbols] = section(7, SHT_SYMTAB, table_at, table.size());
  sections[symbols].sh_link = names;
  sections[symbols].sh_info = 1;  // the first global symbol
  sections[symbols].sh_addralign = 8;
  sections[symbols].sh_entsize = sizeof(Elf64_Sym);
  sections[names] = section(15, SHT_STRTAB, strings_at, strings.size());
  sections[section_names] = section(23, SHT_STRTAB, section_texts_at, section_texts.size());
  Bytes out;
  append_plain(out, header(sections_at));
  append(out, table);
  append(out, as_bytes(strings));
  append(out, as_bytes(section_texts));
  out.resize(sections_at);
  append(out, {reinterpret_cast<const uint8_t*>(sections), sizeof sections});
  return out;
}

}  // namespace cairn::engine
