// The engine's side of `cairn-compiler`.

#include <cairn/engine/compiler.hpp>
#include <cairn/wasm/binary.hpp>

#include <algorithm>
#include <limits>
#include <map>
#include <mutex>

#include "native/compiler_protocol.hpp"
#include "native/generator.hpp"
#include "runtime/store_data.hpp"

namespace cairn::engine {

namespace {

/// Longer than the largest function takes, and a multiple of what others take for each byte of
/// their bodies: only a compiler that hangs meets it.
constexpr uint64_t answer_timeout_ms = 300'000, answer_timeout_ms_per_byte = 1;

uint32_t timeout_ms_for(const ModuleState& module, const CodeRequest& request) {
  uint64_t bytes = 0;
  for (const uint32_t function : request.functions)
    bytes += module.ast.code[function].body.code.size();
  return static_cast<uint32_t>(std::min<uint64_t>(
      answer_timeout_ms + answer_timeout_ms_per_byte * bytes, std::numeric_limits<int32_t>::max()));
}

class ProcessGenerator final : public CodeGenerator {
 public:
  ProcessGenerator(Processes& processes, std::string path, std::shared_ptr<Log> log)
      : processes_(processes), path_(std::move(path)), log_(std::move(log)) {}

  Result<Bytes> generate(const ModuleState& module, const CodeRequest& request) override {
    return make(module, {.request = request});
  }

  Result<std::string> print(const ModuleState& module, const CodeRequest& request,
                            const std::vector<uint32_t>& shown, CodeText form) override {
    const Bytes text = TRY(
        make(module, {.request = request, .product = protocol::product_of(form), .shown = shown}));
    return std::string(as_text(text));
  }

  /// Engines that share the generator end one by one: without a request the process goes on.
  void cancel() override {
    const std::scoped_lock lock(process_mutex_);
    if (process_ && is_asked_) process_->kill();
  }

 private:
  Result<Bytes> make(const ModuleState& module, protocol::Compile message) {
    const std::scoped_lock lock(request_mutex_);
    // The process keeps all modules that it was sent; it is exchanged before they are too many.
    constexpr size_t modules_max = 256;
    if (modules_.size() >= modules_max) drop();
    set_asked(true);
    Result<Bytes> product = ask(module, std::move(message));
    set_asked(false);
    if (!product && product.error().kind == ErrorKind::io) drop();
    return product;
  }

  Result<Bytes> ask(const ModuleState& module, protocol::Compile message) {
    Process& process = *TRY(running());
    message.key = TRY(send_module(process, module));
    TRY(send(process, protocol::encode(message)));
    protocol::Answer answer = TRY(
        protocol::decode_answer(TRY(receive(process, timeout_ms_for(module, message.request)))));
    if (log_)
      for (const std::string& line : answer.log) log_->log(LogLevel::warning, "{}", line);
    if (answer.failed) return fail(ErrorKind::unsupported, answer.error);
    return std::move(answer.product);
  }

  Result<Process*> running() {
    if (process_) return process_.get();
    auto process = TRY(processes_.start(path_, {}));
    const std::scoped_lock lock(process_mutex_);
    process_ = std::move(process);
    return process_.get();
  }

  void set_asked(bool is_asked) {
    const std::scoped_lock lock(process_mutex_);
    is_asked_ = is_asked;
  }

  void drop() {
    const std::scoped_lock lock(process_mutex_);
    process_ = nullptr;
    modules_.clear();
  }

  /// The number under which the process knows the module; sends it the first time.
  Result<uint64_t> send_module(Process& process, const ModuleState& module) {
    const std::weak_ptr<const ModuleState> identity = module.weak_from_this();
    if (const auto known = modules_.find(identity); known != modules_.end()) return known->second;
    const uint64_t key = next_key_++;
    const Settings& settings = module.engine->settings;
    const protocol::LoadModule message = {
        .key = key,
        .features = settings.features,
        .limits = settings.limits,
        .fuel = settings.fuel,
        .interruption = settings.interruption,
        .deterministic = settings.deterministic,
        .guarded_memories = module.engine->guarded_memories,
        .index_masks = settings.index_masks,
        .background = settings.tier == Tier::automatic && !settings.tiering_waits,
        .module = wasm::encode(module.ast)};
    TRY(send(process, protocol::encode(message)));
    modules_.emplace(identity, key);
    return key;
  }

  static Result<> send(Process& process, const Bytes& message) {
    uint8_t header[protocol::header_bytes];
    store_le(header, static_cast<uint32_t>(message.size()));
    TRY(process.write(header));
    return process.write(message);
  }

  static Result<Bytes> receive(Process& process, uint32_t timeout_ms) {
    uint8_t header[protocol::header_bytes];
    TRY(process.read(header, timeout_ms));
    const auto size = load_le<uint32_t>(header);
    if (size > protocol::message_max)
      return fail(ErrorKind::io, "the compiler's answer is too long");
    // The size is believed only as far as bytes arrive.
    constexpr size_t step = 16 << 20;
    Bytes message;
    while (message.size() < size) {
      const size_t at = message.size();
      message.resize(std::min<size_t>(size, at + step));
      TRY(process.read(MutableByteSpan(message).subspan(at), timeout_ms));
    }
    return message;
  }

  Processes& processes_;
  const std::string path_;
  const std::shared_ptr<Log> log_;
  std::mutex request_mutex_;  ///< one request at a time
  std::mutex process_mutex_;  ///< around changes of the next two
  std::unique_ptr<Process> process_;
  bool is_asked_ = false;  ///< a request is under way
  std::map<std::weak_ptr<const ModuleState>, uint64_t, std::owner_less<>> modules_;
  uint64_t next_key_ = 1;
};

}  // namespace

std::shared_ptr<CodeGenerator> make_process_generator(Processes& processes, std::string path,
                                                      std::shared_ptr<Log> log) {
  return std::make_shared<ProcessGenerator>(processes, std::move(path), std::move(log));
}

}  // namespace cairn::engine
