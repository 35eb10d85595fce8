// Compiled code on disk. A folder for each module and set of settings, named by a digest of both;
// in it an entry for each request, named by a digest of that, and what validation found. An entry
// is what it keeps, then a digest of that and a magic number, so that nothing has to be moved.

#include <fmt/format.h>
#include <cairn/crypto/sha256.hpp>
#include <cairn/engine/compiler.hpp>

#include <algorithm>
#include <mutex>

#include "native/code_key.hpp"
#include "native/digest.hpp"
#include "native/generator.hpp"

namespace cairn::engine {

namespace {

constexpr std::string_view entry_magic = "cairn-c2";
constexpr std::string_view use_name = "body-use";

/// Of everything that the validity of a module and the meaning and the usefulness of its code
/// depend on. Nobody can make a module that gets the code of another one.
std::string name_of(const EngineState& engine, const wasm::Module& module, CpuFeatures cpu) {
  Bytes key;
  append_code_key(key, code_key_of(engine));
  append_le(key, engine.settings.features.bits());
  // Those that bodies are validated with; decoding, which is not left out, checks the others.
  const wasm::ImplementationLimits& limits = engine.settings.limits;
  for (const uint32_t limit :
       {limits.locals, limits.br_table_targets, limits.array_new_fixed_operands,
        limits.block_nesting, limits.operand_stack, limits.params, limits.results})
    append_le(key, limit);
  append_le(key, cpu.bits);
  Bytes made;
  return crypto::to_hex(crypto::sha256({key, binary_of(module, made)}));
}

std::string request_key(const CodeRequest& request) {
  Bytes key;
  append_le(key, static_cast<uint8_t>(request.level));
  for (const uint32_t function : request.functions) append_le(key, function);
  append_le(key, UINT32_MAX);
  for (const auto& [function, offset] : request.loops) {
    append_le(key, function);
    append_le(key, offset);
  }
  return to_hex(digest_of(key));
}

class CachingGenerator final : public CodeGenerator {
 public:
  CachingGenerator(Files& files, std::string folder, uint64_t bytes_max,
                   std::shared_ptr<CodeGenerator> generator)
      : files_(files),
        folder_(std::move(folder)),
        bytes_max_(bytes_max),
        generator_(std::move(generator)) {}

  Recognized recognize(const EngineState& engine, const wasm::Module& module) override {
    Recognized known = {.name = name_of(engine, module, host_cpu())};
    const auto entry = read(folder_ + "/" + known.name + "/" + std::string(use_name));
    if (entry && entry->size() == 3) {
      known.use = {.tail_calls = (*entry)[0] != 0,
                   .exceptions = (*entry)[1] != 0,
                   .table_writes = (*entry)[2] != 0};
    }
    return known;
  }

  Result<Bytes> generate(const ModuleState& module, const CodeRequest& request) override {
    const std::string folder = folder_of(module, request.cpu);
    const std::string path = folder + "/" + request_key(request);
    if (std::optional<Bytes> image = read(path)) return *std::move(image);
    Bytes image = TRY(generator_->generate(module, request));
    // What is written last is not thrown away for want of room.
    const std::string use_path = folder + "/" + std::string(use_name);
    const wasm::BodyUse& use = module.body_use;
    if (!files_.info(use_path))
      write(folder, use_path, {use.tail_calls, use.exceptions, use.table_writes});
    write(folder, path, image);
    return image;
  }

  std::vector<Bytes> kept(const ModuleState& module) override {
    const std::string folder = folder_of(module, host_cpu());
    std::vector<Bytes> images;
    const Result<std::vector<std::string>> names = files_.list_directory(folder);
    if (!names) return images;
    for (const std::string& name : *names) {
      if (name == use_name) continue;
      if (std::optional<Bytes> image = read(folder + "/" + name))
        images.push_back(*std::move(image));
    }
    return images;
  }

  /// Made anew each time: it is for people.
  Result<std::string> print(const ModuleState& module, const CodeRequest& request,
                            const std::vector<uint32_t>& shown, CodeText form) override {
    return generator_->print(module, request, shown, form);
  }

  bool generates() const override { return generator_->generates(); }
  void cancel() override { generator_->cancel(); }

 private:
  std::string folder_of(const ModuleState& module, CpuFeatures cpu) const {
    const bool is_known = !module.kept_as.empty() && cpu == host_cpu();
    return folder_ + "/" + (is_known ? module.kept_as : name_of(*module.engine, module.ast, cpu));
  }

  /// What the entry keeps, when it is there and whole.
  std::optional<Bytes> read(const std::string& path) {
    Result<Bytes> entry = files_.read_file(path, bytes_max_);
    constexpr size_t tail = digest_bytes + entry_magic.size();
    if (!entry || entry->size() < tail) return std::nullopt;
    const ByteSpan kept = ByteSpan(*entry).first(entry->size() - tail);
    if (!std::ranges::equal(ByteSpan(*entry).last(entry_magic.size()), entry_magic) ||
        !std::ranges::equal(ByteSpan(*entry).subspan(kept.size(), digest_bytes), digest_of(kept)))
      return std::nullopt;
    // A full disk or another process may refuse; then it only looks unused.
    [[maybe_unused]] const Result<> touched = files_.touch(path);
    entry->resize(kept.size());
    return *std::move(entry);
  }

  /// Under another name first: nobody sees half an entry, and of two writers the last one wins.
  void write(const std::string& folder, const std::string& path, const Bytes& kept) {
    const std::scoped_lock lock(mutex_);
    Bytes entry;
    entry.reserve(kept.size() + digest_bytes + entry_magic.size());
    append(entry, kept);
    append(entry, digest_of(kept));
    append(entry, as_bytes(entry_magic));
    if (!files_.make_directories(folder)) return;
    const std::string draft =
        fmt::format("{}.{:x}.draft", path, reinterpret_cast<uintptr_t>(this) ^ ++drafts_);
    if (!files_.write_file(draft, entry) || !files_.rename_file(draft, path)) {
      [[maybe_unused]] const Result<> removed = files_.remove_file(draft);
      return;
    }
    shrink(path);
  }

  /// Removes what was not used for longest, but not `newest`.
  void shrink(const std::string& newest) {
    struct Entry {
      std::string path;
      Files::Info info;
    };
    std::vector<Entry> entries;
    uint64_t bytes = 0;
    const Result<std::vector<std::string>> folders = files_.list_directory(folder_);
    if (!folders) return;
    for (const std::string& name : *folders) {
      const std::string folder = folder_ + "/" + name;
      const Result<std::vector<std::string>> names = files_.list_directory(folder);
      if (!names) continue;
      for (const std::string& each : *names) {
        const Result<Files::Info> info = files_.info(folder + "/" + each);
        if (!info) continue;
        bytes += info->size;
        entries.push_back({folder + "/" + each, *info});
      }
    }
    std::ranges::sort(entries, {}, [](const Entry& entry) { return entry.info.used; });
    for (const Entry& entry : entries) {
      if (bytes <= bytes_max_) return;
      if (entry.path == newest || !files_.remove_file(entry.path)) continue;
      bytes -= entry.info.size;
    }
  }

  Files& files_;
  const std::string folder_;
  const uint64_t bytes_max_;
  const std::shared_ptr<CodeGenerator> generator_;
  std::mutex mutex_;
  uint64_t drafts_ = 0;
};

}  // namespace

std::shared_ptr<CodeGenerator> make_caching_generator(Files& files, std::string folder,
                                                      uint64_t bytes_max,
                                                      std::shared_ptr<CodeGenerator> generator) {
  return std::make_shared<CachingGenerator>(files, std::move(folder), bytes_max,
                                            std::move(generator));
}

}  // namespace cairn::engine
