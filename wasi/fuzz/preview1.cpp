// Calls of preview 1 with random arguments on a random memory: nothing crashes, and nothing outside
// of the granted directory is read or changed.

#include <sys/resource.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <cairn/wasi/sandbox/host.hpp>

#include "preview1/functions.hpp"

namespace {

using namespace cairn;
using namespace cairn::wasi;
namespace fs = std::filesystem;

constexpr size_t memory_size = 4096;
constexpr rlim_t file_size_max = 1 << 20;  ///< so that no input fills the disk
const std::string secret_text = "not for the guest";

/// A folder with a directory to grant, and a file beside it that must stay as it is.
struct Playground {
  Playground() {
    const rlimit limit{file_size_max, file_size_max};
    setrlimit(RLIMIT_FSIZE, &limit);
    std::signal(SIGXFSZ, SIG_IGN);
    std::string pattern = (fs::temp_directory_path() / "cairn-fuzz-XXXXXX").string();
    root = mkdtemp(pattern.data());
    std::ofstream(root / "secret") << secret_text;
    reset();
  }
  ~Playground() {
    std::error_code ignored;
    fs::remove_all(root, ignored);
  }
  void reset() const {
    std::error_code ignored;
    fs::remove_all(root / "box", ignored);
    fs::create_directories(root / "box/d");
    std::ofstream(root / "box/f") << "content";
    fs::create_symlink("../secret", root / "box/out");
    fs::create_symlink("d", root / "box/in");
  }
  /// Only the two of ours may be there, and the secret as it was.
  void check() const {
    size_t entries = 0;
    for ([[maybe_unused]] const auto& entry : fs::directory_iterator(root)) ++entries;
    std::string text;
    std::ifstream(root / "secret") >> text;
    if (entries != 2 || secret_text.substr(0, 3) != text || fs::file_size(root / "secret") != 17) {
      std::fputs("the guest changed something outside of its directory\n", stderr);
      std::abort();
    }
  }
  fs::path root;
};

/// Takes the fuzzer's bytes one after the other; zeros at the end.
class Input {
 public:
  Input(const uint8_t* data, size_t size) : data_(data), size_(size) {}
  bool empty() const { return size_ == 0; }
  uint8_t byte() {
    if (size_ == 0) return 0;
    --size_;
    return *data_++;
  }
  /// Mostly small numbers, which are descriptors, flags and pointers that exist.
  uint64_t number() {
    const uint8_t kind = byte();
    if (kind < 128) return kind % 8;
    if (kind < 224) return (uint64_t{byte()} << 8 | byte()) % (memory_size + 64);
    uint64_t value = 0;
    for (int i = 0; i < 8; ++i) value = value << 8 | byte();
    return kind < 240 ? value >> 32 : value;
  }

 private:
  const uint8_t* data_;
  size_t size_;
};

Preview1Config make_config(const fs::path& box, PathResolution resolution) {
  Preview1Config config;
  config.args = {"fuzz"};
  config.env = {"A=b"};
  for (const bool read_only : {false, true}) {
    auto directory =
        open_host_directory(box.string(), {.read_only = read_only, .resolution = resolution});
    if (directory) config.preopens.push_back({"/", *directory, read_only});
  }
  config.descriptors_max = 64;
  return config;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Playground playground;
  Input input(data, size);
  SimulatedClock clock;
  SeededRandom random(1);
  SimulatedWaiter waiter(clock);
  const auto resolution =
      (input.byte() & 1) != 0 ? PathResolution::component_wise : PathResolution::automatic;
  Preview1Config config = make_config(playground.root / "box", resolution);
  config.clock = &clock;
  config.random = &random;
  config.waiter = &waiter;
  const Preview1 context(std::move(config));
  Bytes memory(memory_size);
  const std::string words = "f\0d\0in\0out\0../secret\0d/../../secret\0/etc/passwd\0new\0a/b";
  std::copy(words.begin(), words.end(), memory.begin());
  for (size_t calls = 0; !input.empty() && calls < 64; ++calls) {
    const uint8_t choice = input.byte();
    if (choice >= 224) {
      // Some bytes of the memory, for records and paths.
      const uint64_t at = input.number();
      for (uint64_t i = at; i < at + (choice & 31) && i < memory.size(); ++i) {
        memory[i] = input.byte();
      }
      continue;
    }
    const Function& function = functions()[choice % functions().size()];
    if (function.invoke == nullptr) continue;
    uint64_t slots[params_max];
    for (uint64_t& slot : slots) slot = input.number();
    Call call{*context.state(), GuestMemory(memory)};
    std::ignore = function.invoke(call, slots);
  }
  playground.check();
  playground.reset();
  return 0;
}
