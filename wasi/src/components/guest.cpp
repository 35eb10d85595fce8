#include <cairn/wasi/guest.hpp>

#include "components/http/fields.hpp"
#include "components/interfaces.hpp"
#include "components/io.hpp"

namespace cairn::wasi {

Guest::Guest(GuestConfig config) : config_(std::move(config)) {}

std::tuple<uint64_t, uint64_t> Guest::insecure_seed() {
  if (!seed_) seed_.emplace(random().next_u64(), random().next_u64());
  return *seed_;
}

const std::shared_ptr<InputStream>& Guest::input() {
  if (!input_)
    input_ =
        std::make_shared<InputStream>(make_source(loop(), config_.standard_input, {}, disk_work()));
  return input_;
}

std::shared_ptr<OutputStream> Guest::make_output(const std::shared_ptr<Handle>& handle) const {
  return std::make_shared<OutputStream>(loop(), make_sink(loop(), handle, {}, disk_work()));
}

const std::shared_ptr<OutputStream>& Guest::output() {
  if (!output_) output_ = make_output(config_.standard_output);
  return output_;
}

const std::shared_ptr<OutputStream>& Guest::error() {
  if (!error_) error_ = make_output(config_.standard_error);
  return error_;
}

Guest::~Guest() { background_.clear(); }

const std::shared_ptr<FieldsBudget>& Guest::fields_budget() {
  if (!fields_budget_)
    fields_budget_ = std::make_shared<FieldsBudget>(FieldsBudget{.limits = config_.http_limits});
  return fields_budget_;
}

void Guest::enter(component::Store& store, std::shared_ptr<Guest> guest) {
  store.set_idle([loop = &guest->loop()] { return loop->run_one(); });
  store.context().set(std::move(guest));
}

Guest& Guest::of(const HostCall& call) {
  Guest* const guest = call.context().find<Guest>();
  CAIRN_ASSERT(guest != nullptr);  // who links these functions enters a guest
  return *guest;
}

Error Guest::exit(uint32_t code) {
  exit_code_ = code;
  return {.kind = ErrorKind::usage, .message = "the program has ended"};
}

Outcome<Guest::Place> Guest::take_place(const Count& count, uint32_t most) {
  if (*count >= most) return fail(Errno::mfile);
  ++*count;
  return Place(nullptr, [count](void*) { --*count; });
}

Outcome<> Guest::count(Handle& opened) {
  opened.keep(TRY(take_place(open_, config_.limits.open_max)));
  return {};
}

namespace {

struct CountedSource final : ByteSource {
  CountedSource(std::unique_ptr<ByteSource> of, Guest::Place at)
      : source(std::move(of)), place(std::move(at)) {}
  Outcome<Read> read(size_t max) override { return source->read(max); }
  bool ready() override { return source->ready(); }
  EventLoop::Ticket when_ready(EventLoop::Callback run) override {
    return source->when_ready(std::move(run));
  }
  std::unique_ptr<ByteSource> source;
  Guest::Place place;
};

struct CountedSink final : ByteSink {
  CountedSink(std::unique_ptr<ByteSink> of, Guest::Place at)
      : sink(std::move(of)), place(std::move(at)) {}
  Outcome<size_t> write(ByteSpan bytes) override { return sink->write(bytes); }
  bool ready() override { return sink->ready(); }
  EventLoop::Ticket when_ready(EventLoop::Callback run) override {
    return sink->when_ready(std::move(run));
  }
  void leave(ByteSpan bytes) override { sink->leave(bytes); }
  std::unique_ptr<ByteSink> sink;
  Guest::Place place;
};

}  // namespace

Outcome<std::unique_ptr<ByteSource>> Guest::count(Outcome<std::unique_ptr<ByteSource>> source) {
  if (!source) return source;
  return std::make_unique<CountedSource>(*std::move(source), TRY(stream_place()));
}

Outcome<std::unique_ptr<ByteSink>> Guest::count(Outcome<std::unique_ptr<ByteSink>> sink) {
  if (!sink) return sink;
  return std::make_unique<CountedSink>(*std::move(sink), TRY(stream_place()));
}

void Guest::log(LogLevel level, std::string_view context, std::string_view message) const {
  if (!config_.log || !config_.log->enabled(level)) return;
  std::string text(context);
  if (!context.empty()) text += ": ";
  text += message;
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  config_.log->log(level, "{}", text);
}

Result<> Guest::flush() {
  if (output_) TRY(output_->finish());
  if (error_) TRY(error_->finish());
  return {};
}

void add_wasi(ComponentLinker& linker) {
  add_io(linker);
  add_cli(linker);
  add_clocks(linker);
  add_random(linker);
  add_filesystem(linker);
  add_sockets_02(linker);
  add_sockets_03(linker);
  add_config(linker);
  add_keyvalue(linker);
  add_logging(linker);
  add_http_02(linker);
  add_http_03(linker);
}

}  // namespace cairn::wasi
