#include "node.hpp"

#include <cairn/base/result.hpp>
#include <cairn/wasm/binary.hpp>
#include <cairn/wasm/text.hpp>

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

namespace cairn::fuzzing {
using wasm::Feature;

namespace {

/// Switches of V8 for features that some versions have finished and not yet turned on.
constexpr std::string_view switches[] = {
    "--experimental-wasm-exnref",       "--experimental-wasm-memory64",
    "--experimental-wasm-multi-memory", "--experimental-wasm-extended-const",
    "--experimental-wasm-return-call",  "--experimental-wasm-typed-funcref",
};

/// A module that only engines with the feature accept.
struct Probe {
  Feature feature;
  std::string_view text;
};
constexpr Probe probes[] = {
    {Feature::sign_extension, "(func (drop (i32.extend8_s (i32.const 1))))"},
    {Feature::sat_float_to_int, "(func (drop (i32.trunc_sat_f32_s (f32.const 1))))"},
    {Feature::multi_value, "(func (result i32 i32) i32.const 1 i32.const 2)"},
    {Feature::bulk_memory,
     "(memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 0)))"},
    {Feature::reference_types, "(table 1 externref) (func (drop (table.size 0)))"},
    {Feature::simd, "(func (drop (i32x4.splat (i32.const 1))))"},
    {Feature::tail_call, "(func $f (return_call $f))"},
    {Feature::extended_const, "(global i32 (i32.add (i32.const 1) (i32.const 2)))"},
    {Feature::function_references, "(type $t (func)) (table 1 (ref $t) (ref.func $f)) (func $f)"},
    {Feature::gc, "(type $t (struct)) (func (drop (ref.cast (ref $t) (struct.new $t))))"},
    {Feature::exceptions, "(tag $t) (func (block (try_table (catch $t 0) (throw $t))))"},
    {Feature::multi_memory, "(memory 1) (memory 1)"},
    {Feature::memory64, "(memory i64 1) (table i64 1 funcref)"},
    {Feature::threads, "(memory 1) (func (drop (i32.atomic.load (i32.const 0))))"},
    {Feature::custom_page_sizes, "(memory 1 (pagesize 1))"},
    {Feature::wide_arithmetic,
     "(func (result i64 i64) (i64.mul_wide_u (i64.const 1) (i64.const 2)))"},
};

std::string output_of(const std::string& command) {
  // NOLINTNEXTLINE(bugprone-command-processor): the node of the developer who calls this tool
  std::FILE* pipe = popen(command.c_str(), "r");
  CAIRN_ASSERT(pipe != nullptr);
  std::string output;
  char buffer[4096];
  while (const size_t size = std::fread(buffer, 1, sizeof buffer, pipe))
    output.append(buffer, size);
  CAIRN_ASSERT(pclose(pipe) == 0);
  return output;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

/// A folder for one batch, removed afterwards.
class Folder {
 public:
  Folder() : path_(std::filesystem::temp_directory_path() / fmt::format("cairn-v8-{}", getpid())) {
    std::filesystem::create_directories(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// The driver needs types where JavaScript's values do not show them.
std::string plan_of(size_t number, const GeneratedModule& generated) {
  std::string plan = fmt::format("module {}\n", number);
  const Result<wasm::Module> module = wasm::decode(generated.bytes);
  CAIRN_ASSERT(module.has_value());
  const auto type_of = [&](const std::string& name) {
    for (const wasm::Export& exported : module->exports) {
      if (exported.name == name) {
        const uint32_t index = exported.index - module->imported_functions;
        return *module->types[module->functions[index]].func();
      }
    }
    std::abort();
  };
  for (const wasm::Export& exported : module->exports) {
    if (exported.kind != wasm::ExternKind::global) continue;
    plan += fmt::format("global {} {}\n", exported.name,
                        wasm::to_string(module->globals[exported.index].type.type));
  }
  for (const Call& call : generated.calls) {
    std::string results;
    for (const wasm::ValType type : type_of(call.function).results) {
      results += (results.empty() ? "" : ",") + wasm::to_string(type);
    }
    plan += fmt::format("call {} {}", call.function, results.empty() ? "-" : results);
    for (const engine::Value& value : call.arguments) plan += " " + to_text(value, true);
    plan += "\n";
  }
  return plan;
}

}  // namespace

Node::Node(std::string command) : command_(std::move(command)) {
  version_ = output_of(command_ + " --version");
  version_.pop_back();
  const std::string known = output_of(command_ + " --v8-options");
  for (const std::string_view flag : switches) {
    if (known.find(fmt::format("{} ", flag)) != std::string::npos) {
      command_ += fmt::format(" {}", flag);
    }
  }
  std::vector<GeneratedModule> modules;
  for (const Probe& probe : probes) {
    const Result<wasm::Module> module = wasm::parse_text(probe.text, wasm::Features::all());
    CAIRN_ASSERT(module.has_value());
    modules.push_back({wasm::encode(*module), {}});
  }
  const std::vector<Transcript> answers = run(modules);
  for (size_t i = 0; i < modules.size(); ++i) {
    const bool accepted = answers[i].lines[0] == "instantiate";
    features_ = features_.with(probes[i].feature, accepted);
  }
}

std::string Node::description() const {
  std::string text = fmt::format("node {} without", version_);
  for (const Probe& probe : probes) {
    if (!features_.has(probe.feature)) text += fmt::format(" {}", wasm::to_string(probe.feature));
  }
  return text;
}

std::vector<Transcript> Node::run(const std::vector<GeneratedModule>& batch) const {
  const Folder folder;
  std::string plan;
  for (size_t i = 0; i < batch.size(); ++i) {
    const std::string name = (folder.path() / fmt::format("{}.wasm", i)).string();
    std::ofstream(name, std::ios::binary) << as_text(batch[i].bytes);
    plan += plan_of(i, batch[i]);
  }
  std::ofstream(folder.path() / "plan.txt") << plan;
  std::vector<Transcript> transcripts(batch.size());
  size_t at = 0;
  for (std::string& line :
       lines_of(output_of(fmt::format("{} {} {} {}", command_, CAIRN_DIFFERENTIAL_DRIVER,
                                      folder.path().string(), steps_per_call)))) {
    if (line.starts_with("module "))
      at = std::stoul(line.substr(7));
    else
      transcripts[at].lines.push_back(std::move(line));
  }
  return transcripts;
}

}  // namespace cairn::fuzzing
