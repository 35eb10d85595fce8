// A hostile guest: functions of WASI 0.2 are called with random arguments in random order, through
// handles and memory, in a simulated world with a directory of its own. Each call gives a value or
// a trap, which ends the guest alone; nothing outside of the directory is touched; when the guest
// is gone, nothing of it is left.

#include <cairn/base/random.hpp>
#include <cairn/base/simulated_event_loop.hpp>
#include <cairn/component/pending_call.hpp>

#include <cairn/wasi/sandbox/host.hpp>
#include <cairn/wasi/simulated_network.hpp>
#include "choices.hpp"
#include "components/test_forwarder.hpp"
#include "playground.hpp"

namespace {

using namespace cairn;
using namespace cairn::wasi;
using component::Types;
using component::ValKind;
using component::ValType;
using component::ValTypeInfo;
using component::Value;

constexpr size_t calls_max = 200;

/// The names of resources in a part of a function's type, in order.
std::vector<std::string> resources_in(std::string_view type) {
  std::vector<std::string> names;
  for (const std::string_view word : {"(borrow $", "(own $"}) {
    for (size_t at = 0; (at = type.find(word, at)) != std::string_view::npos;) {
      at += word.size();
      names.emplace_back(type.substr(at, type.find(')', at) - at));
    }
  }
  return names;
}

/// Values of any type, with the numbers of handles that the guest has been given: mostly of the
/// right kind, as a wrong one ends the guest.
class Arguments {
 public:
  explicit Arguments(Choices& choices) : choices_(choices) {}

  /// The next value's handles are of these kinds, the last of them for all that follow.
  void expect(std::vector<std::string> kinds) { kinds_ = std::move(kinds); }

  Value make(const Types& types, ValType type) {
    const ValTypeInfo& info = types[type];
    switch (info.kind) {
      case ValKind::bool_: return Value::number(uint64_t{choices_.below(2)});
      case ValKind::u8: return Value::number(number(8));
      case ValKind::u16: return Value::number(port());
      case ValKind::u32: return Value::number(handle());
      case ValKind::u64: return Value::number(number(64));
      case ValKind::string: return Value::string(path());
      case ValKind::record:
      case ValKind::tuple: {
        Value::Sequence fields;
        for (const component::ValPart& part : info.parts) fields.push_back(make(types, *part.type));
        return Value::sequence(std::move(fields));
      }
      case ValKind::variant:
      case ValKind::enum_:
      case ValKind::option:
      case ValKind::result: {
        const auto index = static_cast<uint32_t>(choices_.below(info.case_count()));
        const component::ValPart part = info.case_of(index);
        return part.type ? Value::variant(index, make(types, *part.type)) : Value::variant(index);
      }
      case ValKind::list: {
        Value::Sequence items;
        for (size_t count = choices_.below(8); count > 0; --count)
          items.push_back(make(types, *info.element));
        return Value::sequence(std::move(items));
      }
      case ValKind::flags:
        return Value::number(choices_.byte() & ((uint64_t{1} << info.parts.size()) - 1));
      default: CAIRN_ASSERT(false); return {};
    }
  }

  /// Keeps the handles of a result.
  void learn(const Value& value) {
    if (value.is_variant()) {
      if (value.variant().index == 0)
        for (const Value& payload : value.variant().payload) learn(payload);
      return;
    }
    for (const Value& item : value.items()) learn(item);
    if (!value.is_number() || kinds_.empty()) return;
    handles_[kinds_.front()].push_back(value.number());
    kinds_.erase(kinds_.begin());
  }

 private:
  /// Small ones, and those around which arithmetic goes wrong.
  uint64_t number(uint32_t bits) {
    const uint64_t mask = bits == 64 ? UINT64_MAX : (uint64_t{1} << bits) - 1;
    switch (choices_.below(4)) {
      case 0: return (uint64_t{1} << choices_.below(bits)) - choices_.below(2);
      case 1: return (mask - choices_.below(3)) & mask;
      default: return choices_.byte() & mask;
    }
  }
  uint64_t handle() {
    const std::string kind = kinds_.empty() ? std::string() : kinds_.front();
    if (kinds_.size() > 1) kinds_.erase(kinds_.begin());
    const std::vector<uint64_t>& known = handles_[kind];
    if (known.empty() || choices_.below(64) == 0) return number(32);
    // Mostly a young one.
    return known[known.size() - 1 - choices_.below(std::min<size_t>(known.size(), 8))];
  }
  uint64_t port() { return choices_.below(4) == 0 ? number(16) : 80; }
  std::string path() {
    using namespace std::string_view_literals;
    constexpr std::string_view words[] = {"f",   "d", "out",    "..",    "/",
                                          "new", ".", "a.test", "\0x"sv, "in"};
    std::string text;
    for (size_t count = choices_.below(4); count > 0; --count) {
      if (!text.empty()) text += '/';
      text += words[choices_.below(std::size(words))];
    }
    return text;
  }

  Choices& choices_;
  std::vector<std::string> kinds_;
  std::map<std::string, std::vector<uint64_t>> handles_;
};

/// What is the same for all guests.
struct Host {
  Host() {
    ComponentLinker linker(engine);
    add_wasi(linker);
    pre = linker.prepare(component::Component::load_text(engine, forwarder_text()).value()).value();
  }
  engine::Engine engine;
  std::optional<component::ComponentPre> pre;
};

/// Calls until the guest traps, or waits for what does not come.
void misuse(Choices& choices, component::Store& store, const component::Instance& instance,
            SimulatedEventLoop& loop) {
  Arguments arguments(choices);
  // Without these there is not much to be done.
  constexpr std::string_view first[] = {"get-directories", "instance-network", "create-tcp-socket",
                                        "create-udp-socket", "resolve-addresses"};
  for (size_t count = 0; count < calls_max && !choices.done(); ++count) {
    const size_t chosen = choices.byte() % (std::size(forwarded_functions) +
                                            std::size(forwarded_resources) + std::size(first));
    std::string name;
    std::string_view type;
    if (chosen < std::size(forwarded_functions) + std::size(first)) {
      const size_t at =
          chosen < std::size(first) ? forwarded(first[chosen]) : chosen - std::size(first);
      name = fmt::format("f{}", at);
      type = forwarded_functions[at].type;
    } else {
      const std::string_view resource =
          forwarded_resources[chosen - std::size(forwarded_functions) - std::size(first)];
      name = fmt::format("drop-{}", resource);
    }
    const component::Func func = instance.func(name);
    const size_t result = std::min(type.find("(result"), type.size());
    arguments.expect(type.empty() ? std::vector{name.substr(5)}
                                  : resources_in(type.substr(0, result)));
    std::vector<Value> args;
    for (const component::FuncParam& param : func.type().params)
      args.push_back(arguments.make(func.types(), param.type));
    auto call = component::PendingCall::start(store, func, std::move(args));
    for (size_t step = 0; call && !call->is_done() && step < 100; ++step)
      if (!store.tick().value_or(false) && !loop.run_one().value_or(false)) return;
    if (!call || !call->is_done()) return;
    const auto results = call->wait(store);
    if (!results) return;
    arguments.expect(resources_in(type.substr(result)));
    for (const Value& each : *results) arguments.learn(each);
    if (choices.below(8) == 0) (void)loop.poll();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Host host;
  static const Playground playground;
  playground.reset();
  Choices choices(data, size);
  SimulatedClock clock;
  SimulatedEventLoop loop(clock);
  loop.set_work_ns([&] { return uint64_t{choices.byte()}; });
  SimulatedNetwork network(loop, choices.byte());
  network.names["a.test"] = *IpAddress::parse("10.0.0.1");
  std::vector<std::shared_ptr<Socket>> peers;
  network.listen(80, [&](std::shared_ptr<Socket> peer) { peers.push_back(std::move(peer)); });
  SeededRandom random(1);
  auto place = std::make_shared<int>(0);
  {
    GuestConfig config;
    config.loop = &loop;
    config.random = &random;
    config.network = &network;
    config.network_policy = NetworkPolicy::parse({"*"}, {"*"}).value();
    config.limits.open_max = 20;
    config.limits.streams_max = 20;
    config.limits.random_bytes_max = 1000;
    auto root = open_host_directory(playground.box(), {});
    CAIRN_ASSERT(root);
    (*root)->keep(place);
    config.preopens.push_back({"/", *std::move(root), false});
    component::Store store(host.engine, {.memory_bytes_max = uint64_t{16} << 20},
                           {.handles_max = 100, .host_resources_max = 50});
    Guest::enter(store, std::make_shared<Guest>(std::move(config)));
    const auto instance = host.pre->instantiate(store);
    CAIRN_ASSERT(instance);
    misuse(choices, store, *instance, loop);
  }
  peers.clear();
  // What the guest has written goes its way; then nothing of it is there any more.
  for (size_t step = 0; step < 1000 && loop.run_one().value_or(false); ++step) {
  }
  CAIRN_ASSERT(place.use_count() == 1);
  playground.check();
  return 0;
}
