// Compiled code on disk. A folder for each module and set of settings, named by a digest of both;
// in it an entry for each request, named by a digest of that. An entry is a digest and the image.

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

constexpr std::string_view entry_magic = "cairn-c1";

/// Everything that the meaning and the usefulness of a module's code depend on. Nobody can make a
/// module that gets the code of another one.
std::string module_key(const ModuleState& module, CpuFeatures cpu) {
  Bytes key;
  append_code_key(key, code_key_of(*module.engine));
  append_le(key, module.engine->settings.features.bits());
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

  Result<Bytes> generate(const ModuleState& module, const CodeRequest& request) override {
    const std::string folder = folder_ + "/" + module_key(module, request.cpu);
    const std::string path = folder + "/" + request_key(request);
    if (std::optional<Bytes> image = read(path)) return *std::move(image);
    Bytes image = TRY(generator_->generate(module, request));
    write(folder, path, image);
    return image;
  }

  std::vector<Bytes> kept(const ModuleState& module) override {
    const std::string folder = folder_ + "/" + module_key(module, host_cpu());
    std::vector<Bytes> images;
    const Result<std::vector<std::string>> names = files_.list_directory(folder);
    if (!names) return images;
    for (const std::string& name : *names)
      if (std::optional<Bytes> image = read(folder + "/" + name))
        images.push_back(*std::move(image));
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
  /// The entry's image, when it is there and whole.
  std::optional<Bytes> read(const std::string& path) {
    Result<Bytes> entry = files_.read_file(path, bytes_max_);
    constexpr size_t head = entry_magic.size() + digest_bytes;
    if (!entry || entry->size() < head ||
        !std::ranges::equal(ByteSpan(*entry).first(entry_magic.size()), entry_magic))
      return std::nullopt;
    const ByteSpan image = ByteSpan(*entry).subspan(head);
    if (!std::ranges::equal(ByteSpan(*entry).subspan(entry_magic.size(), digest_bytes),
                            digest_of(image)))
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
    append(entry, digest_of(image));
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
