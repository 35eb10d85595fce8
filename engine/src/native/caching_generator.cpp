// Compiled code on disk. A folder for each module and set of settings, named by a digest of both;
// in it an entry for each request, named by a digest of that. An entry is a digest and the image.

#include <fmt/format.h>
#include <cairn/engine/compiler.hpp>
#include <cairn/wasm/binary.hpp>

#include <algorithm>
#include <mutex>

#include "native/abi.hpp"
#include "native/cpu.hpp"
#include "native/generator.hpp"
#include "runtime/store_data.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace cairn::engine {

namespace {

constexpr std::string_view entry_magic = "cairn-c1";
constexpr size_t digest_bytes = 16;

struct Digest {
  XXH128_hash_t hash;
  std::string hex() const { return fmt::format("{:016x}{:016x}", hash.high64, hash.low64); }
};
Digest digest_of(ByteSpan bytes) { return {XXH3_128bits(bytes.data(), bytes.size())}; }

void append_digest(Bytes& out, const Digest& digest) {
  append_le(out, digest.hash.low64);
  append_le(out, digest.hash.high64);
}

/// Everything that the meaning and the usefulness of a module's code depend on.
std::string module_key(const ModuleState& module) {
  const Settings& settings = module.engine->settings;
  Bytes key;
  append_le(key, native_abi_version);
  append_le(key, runtime_layout_digest());
  append_le(key, host_cpu().bits);
  append_le(key, settings.features.bits());
  for (const bool setting : {settings.fuel, settings.interruption, settings.deterministic,
                             module.engine->guarded_memories})
    append_le(key, static_cast<uint8_t>(setting));
  // Only a module that was decoded lies in its storage as a whole.
  const bool decoded = !module.ast.sections.empty();
  append_digest(key, digest_of(decoded ? *module.ast.storage : wasm::encode(module.ast)));
  return digest_of(key).hex();
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
  return digest_of(key).hex();
}

class CachingGenerator final : public CodeGenerator {
 public:
  CachingGenerator(Files& files, std::string folder, uint64_t bytes_max,
                   std::shared_ptr<CodeGenerator> generator)
      : files_(files),
        folder_(std::move(folder)),
        bytes_max_(bytes_max),
        generator_(std::move(generator)) {}

  Result<Bytes> generate(const ModuleState& module, const CodeRequest& request) override {
    const std::string folder = folder_ + "/" + module_key(module);
    const std::string path = folder + "/" + request_key(request);
    if (std::optional<Bytes> image = read(path)) return *std::move(image);
    Bytes image = TRY(generator_->generate(module, request));
    write(folder, path, image);
    return image;
  }

  std::vector<Bytes> kept(const ModuleState& module) override {
    const std::string folder = folder_ + "/" + module_key(module);
    std::vector<Bytes> images;
    const Result<std::vector<std::string>> names = files_.list_directory(folder);
    if (!names) return images;
    for (const std::string& name : *names)
      if (std::optional<Bytes> image = read(folder + "/" + name))
        images.push_back(*std::move(image));
    return images;
  }

  void cancel() override { generator_->cancel(); }

 private:
  /// The entry's image, when it is there and whole.
  std::optional<Bytes> read(const std::string& path) {
    Result<Bytes> entry = files_.read_file(path, bytes_max_);
    constexpr size_t head = entry_magic.size() + digest_bytes;
    if (!entry || entry->size() < head ||
        !std::ranges::equal(ByteSpan(*entry).first(entry_magic.size()), entry_magic))
      return std::nullopt;
    const ByteSpan image = ByteSpan(*entry).subspan(head);
    Bytes expected;
    append_digest(expected, digest_of(image));
    if (!std::ranges::equal(ByteSpan(*entry).subspan(entry_magic.size(), digest_bytes), expected))
      return std::nullopt;
    // A full disk or another process may refuse; then it only looks unused.
    [[maybe_unused]] const Result<> touched = files_.touch(path);
    entry->erase(entry->begin(), entry->begin() + head);
    return *std::move(entry);
  }

  /// Under another name first: nobody sees half an entry, and of two writers the last one wins.
  void write(const std::string& folder, const std::string& path, const Bytes& image) {
    const std::scoped_lock lock(mutex_);
    Bytes entry(entry_magic.begin(), entry_magic.end());
    append_digest(entry, digest_of(image));
    entry.insert(entry.end(), image.begin(), image.end());
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
