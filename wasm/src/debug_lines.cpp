#include <cairn/base/leb128.hpp>
#include <cairn/wasm/debug_lines.hpp>

#include <algorithm>
#include <utility>

namespace cairn::wasm {

namespace {

// The names of the DWARF 5 standard, sections 6.2.4, 7.5.6 and 7.22.
enum Form : uint64_t {
  DW_FORM_data2 = 0x05,
  DW_FORM_data4 = 0x06,
  DW_FORM_data8 = 0x07,
  DW_FORM_string = 0x08,
  DW_FORM_block = 0x09,
  DW_FORM_data1 = 0x0b,
  DW_FORM_strp = 0x0e,
  DW_FORM_udata = 0x0f,
  DW_FORM_data16 = 0x1e,
  DW_FORM_line_strp = 0x1f,
};
enum Content : uint64_t { DW_LNCT_path = 1, DW_LNCT_directory_index = 2 };
enum StandardOpcode : uint8_t {
  DW_LNS_copy = 1,
  DW_LNS_advance_pc,
  DW_LNS_advance_line,
  DW_LNS_set_file,
  DW_LNS_set_column,
  DW_LNS_negate_stmt,
  DW_LNS_set_basic_block,
  DW_LNS_const_add_pc,
  DW_LNS_fixed_advance_pc,
};
enum ExtendedOpcode : uint8_t { DW_LNE_end_sequence = 1, DW_LNE_set_address = 2 };

/// Reads numbers and strings. After the first that does not fit, `ok` is false and all are 0.
struct Reader {
  ByteSpan bytes;
  bool ok = true;

  bool at_end() const { return !ok || bytes.empty(); }
  ByteSpan take(uint64_t size) {
    if (!ok || size > bytes.size()) {
      ok = false;
      return {};
    }
    const ByteSpan taken = bytes.first(size);
    bytes = bytes.subspan(size);
    return taken;
  }
  template <class T>
  T fixed() {
    const ByteSpan taken = take(sizeof(T));
    return ok ? load_le<T>(taken.data()) : T{};
  }
  uint64_t uleb() { return leb<uint64_t>(&read_u64); }
  int64_t sleb() { return leb<int64_t>(&read_s64); }
  std::string_view text() {
    const size_t size = as_text(bytes).find('\0');
    const std::string_view found =
        as_text(take(size == std::string_view::npos ? UINT64_MAX : size));
    take(1);
    return found;
  }
  uint64_t offset(bool is_64) { return is_64 ? fixed<uint64_t>() : fixed<uint32_t>(); }

 private:
  template <class T>
  T leb(LebStatus (*read)(const uint8_t*&, const uint8_t*, T&)) {
    if (!ok) return 0;
    const uint8_t* at = bytes.data();
    T value = 0;
    ok = read(at, bytes.data() + bytes.size(), value) == LebStatus::ok;
    bytes = bytes.subspan(static_cast<size_t>(at - bytes.data()));
    return ok ? value : 0;
  }
};

/// What a unit says about its line program.
struct Header {
  uint16_t version = 0;
  bool is_64 = false;
  uint8_t instruction_bytes_min = 1;
  int8_t line_base = 0;
  uint8_t line_range = 1;
  uint8_t opcode_base = 1;
  ByteSpan opcode_lengths;
  uint32_t first_file = 0;  ///< its file 0 (before DWARF 5: 1) in `files_`
  uint32_t file_count = 0;
};

ByteSpan section(const Module& module, std::string_view name) {
  const auto found = std::ranges::find(module.customs, name, &CustomSection::name);
  return found == module.customs.end() ? ByteSpan() : found->payload;
}

}  // namespace

/// Reads the units of a `.debug_line` section into a table.
class DebugLineReader {
 public:
  DebugLineReader(const Module& module, const ImplementationLimits& limits, DebugLines& out)
      : strings_(section(module, ".debug_str")),
        line_strings_(section(module, ".debug_line_str")),
        rows_max_(limits.debug_lines),
        out_(out) {}

  void read(ByteSpan bytes) {
    Reader in{bytes};
    while (!in.at_end()) {
      Header header;
      uint64_t size = in.fixed<uint32_t>();
      if (size == 0xffff'ffff) {
        header.is_64 = true;
        size = in.fixed<uint64_t>();
      }
      Reader unit{in.take(size), in.ok};
      if (in.ok) read_unit(unit, header);
    }
    // Where one sequence ends and another starts, the start counts.
    std::ranges::sort(out_.rows_, {}, [](const DebugLines::Row& row) {
      return std::pair(row.address, row.line != 0);
    });
  }

 private:
  struct Format {
    uint64_t content, form;
  };

  void read_unit(Reader& in, Header& header) {
    header.version = in.fixed<uint16_t>();
    if (header.version < 2 || header.version > 5) return;
    if (header.version == 5) in.take(2);  // sizes of addresses and segment selectors
    const uint64_t header_bytes = in.offset(header.is_64);
    Reader head{in.take(header_bytes), in.ok};
    header.instruction_bytes_min = head.fixed<uint8_t>();
    if (header.version >= 4) head.take(1);  // operations in an instruction: only for VLIW
    head.take(1);                           // whether rows are statements at first
    header.line_base = head.fixed<int8_t>();
    header.line_range = head.fixed<uint8_t>();
    header.opcode_base = head.fixed<uint8_t>();
    header.opcode_lengths = head.take(std::max<uint8_t>(header.opcode_base, 1) - 1u);
    header.first_file = static_cast<uint32_t>(out_.files_.size());
    if (header.version == 5) {
      read_files(head, header);
    } else {
      read_old_files(head);
    }
    header.file_count = static_cast<uint32_t>(out_.files_.size()) - header.first_file;
    if (!head.ok || header.line_range == 0) return;
    run(in, header);
  }

  /// Before DWARF 5: names in lists that end with an empty one. Directory 0 is the compiler's own,
  /// which only other sections name.
  void read_old_files(Reader& in) {
    std::vector<std::string_view> directories = {""};
    while (!in.at_end()) {
      const std::string_view directory = in.text();
      if (directory.empty()) break;
      directories.push_back(directory);
    }
    while (!in.at_end()) {
      const std::string_view name = in.text();
      if (name.empty()) break;
      const uint64_t directory = in.uleb();
      in.uleb();  // time
      in.uleb();  // size
      add_file(name, directory, directories);
    }
  }

  void read_files(Reader& in, const Header& header) {
    std::vector<std::string_view> directories;
    for_each_entry(in, header,
                   [&](std::string_view path, uint64_t) { directories.push_back(path); });
    for_each_entry(in, header, [&](std::string_view path, uint64_t directory) {
      add_file(path, directory, directories);
    });
  }

  void add_file(std::string_view name, uint64_t directory,
                const std::vector<std::string_view>& directories) {
    out_.files_.push_back({directory < directories.size() ? directories[directory] : "", name});
  }

  /// A list of DWARF 5 whose entries have the fields that it says first. Entries of no bytes cannot
  /// be told from an endless list.
  template <class Take>
  void for_each_entry(Reader& in, const Header& header, const Take& take) {
    std::vector<Format> formats(in.fixed<uint8_t>());
    for (Format& format : formats) format = {in.uleb(), in.uleb()};
    const uint64_t count = in.uleb();
    if (formats.empty() && count > 0) in.ok = false;
    for (uint64_t i = 0; i < count && in.ok; ++i) {
      std::string_view path;
      uint64_t directory = 0;
      for (const Format& format : formats) {
        if (format.content == DW_LNCT_path) {
          path = read_string(in, header, format.form);
        } else {
          const uint64_t value = read_number(in, format.form);
          if (format.content == DW_LNCT_directory_index) directory = value;
        }
      }
      if (in.ok) take(path, directory);
    }
  }

  std::string_view read_string(Reader& in, const Header& header, uint64_t form) const {
    if (form == DW_FORM_string) return in.text();
    in.ok &= form == DW_FORM_strp || form == DW_FORM_line_strp;
    const uint64_t offset = in.offset(header.is_64);
    Reader at{form == DW_FORM_strp ? strings_ : line_strings_};
    at.take(offset);
    return at.text();
  }

  static uint64_t read_number(Reader& in, uint64_t form) {
    switch (form) {
      case DW_FORM_udata: return in.uleb();
      case DW_FORM_data1: return in.fixed<uint8_t>();
      case DW_FORM_data2: return in.fixed<uint16_t>();
      case DW_FORM_data4: return in.fixed<uint32_t>();
      case DW_FORM_data8: return in.fixed<uint64_t>();
      case DW_FORM_data16: in.take(16); return 0;
      case DW_FORM_block: in.take(in.uleb()); return 0;
      default: in.ok = false; return 0;
    }
  }

  /// The registers of the line machine.
  struct State {
    uint64_t address = 0, file = 1, line = 1, column = 0;
    /// Functions that the linker left out keep their rows, at addresses where no code is.
    bool is_left_out = true;
    bool has_row = false;  ///< the last row in the table is one of this sequence
  };

  void run(Reader& in, const Header& header) {
    State state;
    while (!in.at_end()) {
      const auto opcode = in.fixed<uint8_t>();
      if (opcode >= header.opcode_base) {
        const unsigned adjusted = opcode - header.opcode_base;
        advance(state, header, adjusted / header.line_range);
        state.line += static_cast<uint64_t>(header.line_base +
                                            static_cast<int>(adjusted % header.line_range));
        add_row(state, header);
      } else if (opcode == 0) {
        run_extended(in, header, state);
      } else {
        run_standard(in, header, opcode, state);
      }
    }
  }

  static void advance(State& state, const Header& header, uint64_t instructions) {
    state.address += instructions * header.instruction_bytes_min;
  }

  void run_extended(Reader& in, const Header& header, State& state) {
    Reader operands{in.take(in.uleb()), in.ok};
    const auto opcode = operands.fixed<uint8_t>();
    if (!operands.ok) return;
    if (opcode == DW_LNE_end_sequence) {
      state.line = 0;
      add_row(state, header);
      state = State();
    } else if (opcode == DW_LNE_set_address) {
      state.address =
          operands.bytes.size() == 8 ? operands.fixed<uint64_t>() : operands.fixed<uint32_t>();
      state.is_left_out = state.address == 0 || state.address >= UINT32_MAX - 1;
    }
  }

  void run_standard(Reader& in, const Header& header, uint8_t opcode, State& state) {
    switch (opcode) {
      case DW_LNS_copy: return add_row(state, header);
      case DW_LNS_advance_pc: return advance(state, header, in.uleb());
      case DW_LNS_advance_line: state.line += static_cast<uint64_t>(in.sleb()); return;
      case DW_LNS_set_file: state.file = in.uleb(); return;
      case DW_LNS_set_column: state.column = in.uleb(); return;
      case DW_LNS_const_add_pc:
        return advance(state, header, (255u - header.opcode_base) / header.line_range);
      case DW_LNS_fixed_advance_pc: state.address += in.fixed<uint16_t>(); return;
      default:
        // What the header says of it is enough to skip it.
        for (uint8_t i = 0; i < header.opcode_lengths[opcode - 1u]; ++i) in.uleb();
    }
  }

  void add_row(State& state, const Header& header) {
    if (state.is_left_out || state.address > UINT32_MAX || out_.rows_.size() >= rows_max_) return;
    const uint64_t file = state.file - (header.version < 5 ? 1 : 0);
    const bool known = file < header.file_count;
    const DebugLines::Row row{.address = static_cast<uint32_t>(state.address),
                              .file = known ? header.first_file + static_cast<uint32_t>(file) : 0,
                              .line = known ? static_cast<uint32_t>(state.line) : 0,
                              .column = static_cast<uint32_t>(state.column)};
    const bool replaces = state.has_row && out_.rows_.back().address == row.address;
    if (replaces) out_.rows_.pop_back();
    out_.rows_.push_back(row);
    state.has_row = true;
  }

  ByteSpan strings_, line_strings_;
  uint64_t rows_max_;
  DebugLines& out_;
};

DebugLines::DebugLines(const Module& module, const ImplementationLimits& limits) {
  const ByteSpan bytes = section(module, ".debug_line");
  const auto code = std::ranges::find(module.sections, SectionId::code, &SectionRange::id);
  if (bytes.empty() || code == module.sections.end()) return;
  code_offset_ = code->offset;
  DebugLineReader(module, limits, *this).read(bytes);
}

std::optional<SourceLine> DebugLines::find(uint64_t offset) const {
  if (offset < code_offset_) return std::nullopt;
  const uint64_t address = offset - code_offset_;
  const auto after = std::ranges::upper_bound(rows_, address, {}, &Row::address);
  if (after == rows_.begin() || after[-1].line == 0) return std::nullopt;
  const Row& row = after[-1];
  const File& file = files_[row.file];
  std::string path(file.name);
  if (!file.directory.empty() && !path.starts_with('/')) {
    path = std::string(file.directory) + "/" + path;
  }
  return SourceLine{std::move(path), row.line, row.column};
}

}  // namespace cairn::wasm
