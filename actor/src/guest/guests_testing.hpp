#pragma once
/// Guests for tests and measurements, built of `guests/` when they are first asked for, and a
/// journal in memory.

#include <cairn/actor/component_kind.hpp>
#include <cairn/actor/journal.hpp>

#include <cairn/base/files.hpp>
#include <cairn/base/process.hpp>
#include <cairn/component/binary.hpp>
#include <cairn/component/tools.hpp>
#include <cairn/component/wit_text.hpp>

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cairn::actor::testing {

/// Skips a test where there is no C library. A guest that does not compile fails it.
#define CAIRN_NEEDS_GUEST(guest)                                                            \
  if (!(guest)) {                                                                           \
    ASSERT_EQ((guest).error().kind, ErrorKind::unsupported) << (guest).error().to_string(); \
    GTEST_SKIP() << (guest).error().message;                                                \
  }

/// A folder that goes away with its maker.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "cairn-guest-XXXXXX").string();
    path_ = mkdtemp(name.data()) == nullptr ? std::string() : name;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

/// `core.wasm` of sources in C; nothing if the compiler, which says why, did not make it.
inline Result<std::optional<Bytes>> compile_guest(const TemporaryFolder& build,
                                                  const std::vector<std::string>& sources) {
  // The compiler looks for the linker.
  const char* const path = std::getenv("PATH");
  std::vector<std::string> args = {std::string("PATH=") + (path == nullptr ? "/usr/bin" : path),
                                   CAIRN_GUEST_CC,
                                   "--target=wasm32-wasi",
                                   "--no-wasm-opt",
                                   "-Wno-deprecated",
                                   "-O2",
                                   "-mexec-model=reactor",
                                   "-I" + build / "",
                                   "-Wl,-z,stack-size=8192",
                                   "-Wl,-s",
                                   "-o",
                                   build / "core.wasm"};
  args.insert(args.end(), sources.begin(), sources.end());
  RealProcesses processes;
  const auto compiler = TRY(processes.start("/usr/bin/env", args));
  uint8_t end = 0;
  static_cast<void>(compiler->read({&end, 1}, 60'000));  // it ends without a word
  RealFiles files;
  Result<Bytes> core = files.read_file(build / "core.wasm");
  return core ? std::optional(std::move(*core)) : std::nullopt;
}

inline bool has_c_library() {
  const TemporaryFolder build;
  std::ofstream(build / "probe.c") << "#include <stdlib.h>\nint f(void) { return abs(1); }\n";
  const auto probe = compile_guest(build, {build / "probe.c"});
  return probe && *probe;
}

/// A component of `guests/SOURCE.c` for a world. Error `unsupported` where there is no C library
/// for WebAssembly, `malformed` for one that does not compile.
inline Result<Bytes> build_guest(const component::wit::Loaded& loaded, const std::string& source,
                                 const std::string& world,
                                 const std::vector<std::string>& flags = {}) {
  const auto& worlds = loaded.resolve[loaded.root].worlds;
  const auto found = std::ranges::find_if(
      worlds, [&](component::wit::WorldId id) { return loaded.resolve[id].name == world; });
  if (found == worlds.end()) return fail(ErrorKind::not_found, "no world " + world);
  const TemporaryFolder build;
  std::vector<std::string> sources = {CAIRN_ACTOR_DIR "/guests/" + source + ".c"};
  sources.insert(sources.end(), flags.begin(), flags.end());
  for (const auto& file : TRY(component::tools::bind_c(loaded.resolve, *found))) {
    std::ofstream(build / file.name) << file.text;
    if (file.name.ends_with(".c")) sources.push_back(build / file.name);
  }
  const std::optional<Bytes> core = TRY(compile_guest(build, sources));
  if (!core) {
    if (!has_c_library()) return fail(ErrorKind::unsupported, "no C library for WebAssembly");
    return fail(ErrorKind::malformed, source + ".c was not compiled for world " + world);
  }
  return component::encode(TRY(component::tools::make_component(*core)));
}

/// The same for a world of `wit/`.
inline Result<Bytes> build_guest(const std::string& source, const std::string& world,
                                 const std::vector<std::string>& flags = {}) {
  RealFiles files;
  component::wit::Sources sources;
  const auto loaded = TRY(component::wit::load(files, CAIRN_ACTOR_DIR "/wit", {}, sources));
  return build_guest(loaded, source, world, flags);
}

/// The same for a world of `guests/teller.wit`, which is written as if it held that of actors.
inline Result<Bytes> build_guest_with_wasi(const std::string& source, const std::string& world,
                                           const std::vector<std::string>& flags = {}) {
  constexpr std::string_view head = "package cairn:actor@0.1.0;";
  RealFiles files;
  const Bytes own = TRY(files.read_file(CAIRN_ACTOR_DIR "/guests/teller.wit"));
  const Bytes actor = TRY(files.read_file(CAIRN_ACTOR_DIR "/wit/actor.wit"));
  std::string nested(as_text(actor));
  nested.replace(nested.find(head), head.size(), "package cairn:actor@0.1.0 {");
  std::string text(as_text(own));
  text += nested + "\n}\n";
  component::wit::Sources sources;
  const auto loaded = TRY(component::wit::parse("teller.wit", std::move(text), {}, sources));
  return build_guest(loaded, source, world, flags);
}

/// Keeps transitions in memory. `defer`: they are durable when `settle` is called. `broken`: so
/// each is answered, or the first few.
class MemoryJournal final : public Journal {
 public:
  struct Chain {
    Genesis genesis = {};
    std::vector<Transition> transitions = {};
    bool has_state = false;
  };
  bool defer = false;
  std::optional<ErrorKind> broken;
  uint32_t broken_times = UINT32_MAX;
  std::map<std::string, Chain> chains;

  void open(ActorId actor, Genesis genesis, Opened done) override {
    const std::string name = genesis.name;
    for (const auto& [writer, known] : names_) {
      if (known == name && writer != actor) {
        return done(fail(ErrorKind::usage, "another actor writes to this chain"));
      }
    }
    names_[actor] = name;
    Chain& chain = chains.try_emplace(name, Chain{.genesis = std::move(genesis)}).first->second;
    Recovered recovered;
    recovered.is_new = !chain.has_state;
    recovered.at.sequence = chain.transitions.size();
    if (!chain.transitions.empty()) {
      const Transition& last = chain.transitions.back();
      recovered.state = last.new_state;
      recovered.last = last.kind;
      for (const Transition& transition : chain.transitions) {
        if (transition.kind != TransitionKind::rejection) recovered.module = transition.module;
      }
      recovered.effects = last.effects;
    }
    finish([done = std::move(done), recovered] { done(recovered); });
  }
  void append(ActorId actor, Transition transition, Appended done) override {
    if (broken && broken_times != 0) {
      --broken_times;
      return done(fail(*broken, "the disk is full"));
    }
    Chain& chain = chains.at(names_.at(actor));
    chain.has_state = chain.has_state || transition.kind != TransitionKind::rejection;
    chain.transitions.push_back(std::move(transition));
    finish([done = std::move(done), sequence = chain.transitions.size()] {
      done(Receipt{.sequence = sequence});
    });
  }
  void close(ActorId actor) override { names_.erase(actor); }

  /// All that waits, in the order in which it came. False: nothing did.
  bool settle() {
    const bool any = !waiting_.empty();
    for (const auto& done : std::exchange(waiting_, {})) done();
    return any;
  }

 private:
  void finish(std::function<void()> done) {
    if (!defer) return done();
    waiting_.push_back(std::move(done));
  }
  std::map<ActorId, std::string> names_;
  std::deque<std::function<void()>> waiting_;
};

}  // namespace cairn::actor::testing
