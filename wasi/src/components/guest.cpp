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

Outcome<> Guest::count(Handle& opened) {
  if (*open_ >= config_.limits.open_max) return fail(Errno::mfile);
  ++*open_;
  opened.keep(std::shared_ptr<void>(nullptr, [open = open_](void*) { --*open; }));
  return {};
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
