#pragma once
/// Compiled code for an engine: who makes it (`Settings::code_generator`), how it is kept in files,
/// and who is told of it (`Settings::code_observer`).

#include <cairn/base/files.hpp>
#include <cairn/base/log.hpp>
#include <cairn/base/process.hpp>
#include <cairn/engine/engine.hpp>
#include <memory>
#include <string>
#include <vector>

namespace cairn::engine {

// ---- Who compiles ------------------------------------------------------------------------------

/// Compiles in a process of the program `cairn-compiler` at `path`, which is started when it is
/// first needed, and again when it has died. What it says goes to `log` (null: nowhere).
/// `processes` outlives the generator.
std::shared_ptr<CodeGenerator> make_process_generator(Processes& processes, std::string path,
                                                      std::shared_ptr<Log> log);

/// Keeps what `generator` makes in a folder, for this and other processes, up to about `bytes_max`;
/// what was not used for longest goes first. A disk that fails, an entry that is torn or foreign
/// costs its use only. `files` outlives the generator.
std::shared_ptr<CodeGenerator> make_caching_generator(Files& files, std::string folder,
                                                      uint64_t bytes_max,
                                                      std::shared_ptr<CodeGenerator> generator);

/// Compiles in one pass, in this process: `CodeLevel::baseline`, whatever is asked for. Leaves out
/// functions that use what it does not know (docs/compiler.md). Thread-safe. Only where the
/// compiled tier is built.
std::shared_ptr<CodeGenerator> make_baseline_generator();

/// Compiles nothing: for engines that only run code which is there already (`load_compiled`).
std::shared_ptr<CodeGenerator> make_null_generator();

/// A function that takes more work than this (instructions, values passed by branches, operands
/// alive over calls), or nests blocks deeper, stays interpreted: LLVM would need too long for it.
inline constexpr uint64_t compiled_work_max = 1'000'000;
inline constexpr uint32_t compiled_nesting_max = 1'000;

/// Can this build run machine code at all?
bool runs_machine_code();
/// What this processor offers to code: "avx,bmi2,…", by LLVM's names.
std::string native_cpu_features();

// ---- Code in files -----------------------------------------------------------------------------

enum class CodeLevel : uint8_t {
  baseline,  ///< next to no time: one pass, in this process
  quick,     ///< little time
  full,      ///< best code
};

/// Processors that code is made for: this machine's, or all of a level of the x86-64 psABI. Cairn
/// itself needs `x86_64_v2`.
enum class CodeCpu : uint8_t { native, x86_64_v2, x86_64_v3, x86_64_v4 };

struct CodeOptions {
  CodeLevel level = CodeLevel::full;
  CodeCpu cpu = CodeCpu::native;
};

/// Everything besides the module and the processor that machine code depends on. Features are not
/// part of it: a module is valid with them or not.
struct CodeKey {
  uint32_t abi_version = 0;  ///< of the interface between code and engine
  uint64_t layout = 0;       ///< digest of the structures that code reaches into
  bool fuel = false, interruption = false, deterministic = false;
  bool guarded_memories = false;
  bool index_masks = true;
  bool operator==(const CodeKey&) const = default;
};

/// A module with its machine code in one piece of bytes. Whoever can change those can run code in
/// the process that loads them: they are to be trusted as a program is.
class CompiledFile {
 public:
  /// Do they look like one, by their first bytes?
  static bool is_one(ByteSpan bytes);
  /// Errors: `malformed` when they are no such file, or damaged; `unsupported` for another version
  /// of the format.
  static Result<CompiledFile> read(Bytes bytes);
  static Bytes write(const CodeKey& key, ByteSpan module, ByteSpan code);

  const CodeKey& key() const { return key_; }
  /// The module in the binary format.
  ByteSpan module() const { return ByteSpan(bytes_).subspan(module_at_, module_size_); }
  /// The code image; empty for a module without functions.
  ByteSpan code() const { return ByteSpan(bytes_).subspan(code_at_, code_size_); }

  struct Summary {
    uint32_t functions = 0;  ///< that have machine code
    uint64_t code_bytes = 0;
    std::string cpu;  ///< what it needs of the processor, "avx,bmi2,…"
  };
  /// Errors are those of code images.
  Result<Summary> summary() const;

 private:
  CompiledFile() = default;
  Bytes bytes_;
  CodeKey key_;
  size_t module_at_ = 0, module_size_ = 0, code_at_ = 0, code_size_ = 0;
};

/// Compiles all functions of a module for engines with the settings of its own; the bytes of a
/// `CompiledFile`. Functions that cannot be compiled are left out, with a line in the engine's log.
Result<Bytes> compile_module(const Module& module, const CodeOptions& options = {});

/// The module, with its code in place when that fits this engine and this processor; else a line
/// in the engine's log says why not, and it is as after `Engine::load`. Code that can be
/// interrupted also serves an engine that does not ask for it.
Result<Module> load_compiled(Engine& engine, const CompiledFile& file);

enum class CodeText : uint8_t { llvm, assembly };

/// The optimised code of these functions (defined indices; none: all) as text, for people. What is
/// shown together may be inlined into one another.
Result<std::string> print_code(const Module& module, const std::vector<uint32_t>& functions,
                               CodeText form, const CodeOptions& options = {});

// ---- Who is told -------------------------------------------------------------------------------

/// Machine code that was put into memory.
struct InstalledCode {
  struct Part {
    uint64_t offset = 0, size = 0;
    std::string name;  ///< the function's, or what else it is
  };
  const void* begin = nullptr;
  uint64_t size = 0;
  std::vector<Part> parts;  ///< by offset
};

/// For profilers and debuggers. Called from any thread.
class CodeObserver {
 public:
  virtual ~CodeObserver() = default;
  CodeObserver() = default;
  CodeObserver(const CodeObserver&) = delete;
  CodeObserver& operator=(const CodeObserver&) = delete;
  virtual void installed(const InstalledCode& code) = 0;
  /// Nothing runs there any more.
  virtual void removed(const void* begin) = 0;
};

/// Shows a debugger the names of code, through GDB's interface for just-in-time compilers, which
/// LLDB knows as well.
std::shared_ptr<CodeObserver> make_gdb_observer();

}  // namespace cairn::engine
