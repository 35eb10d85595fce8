// Watching: Server-Sent Events, and WebSockets of the same.

#include <fmt/format.h>
#include <cairn/actor/actor.hpp>
#include <cairn/actor/topic.hpp>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <mutex>
#include <vector>

#include "api/call.hpp"
#include "api/json.hpp"

namespace cairn::platform {
namespace {

/// Somebody who watches. Ends when the client goes, or when nobody tells it anything any more.
class Watching {
 public:
  /// Null: the client has been told something else, for instance that there are as many as may be.
  static std::shared_ptr<Watching> begin(const CallPtr& call);

  /// `kind` and `id` may be empty.
  void tell(std::string_view kind, std::string_view id, const std::string& json);
  /// What is given back when it ends.
  void keep(std::shared_ptr<void> source);
  void end();

 private:
  std::shared_ptr<ApiState> api_;
  bool is_websocket_ = false;
  std::mutex mutex_;
  std::shared_ptr<wasi::HttpStream> stream_;  // null: not begun, or over
  std::shared_ptr<void> source_;
  bool is_over_ = false;
};

std::shared_ptr<Watching> Watching::begin(const CallPtr& call) {
  // That is somebody who looks whether there is something to watch.
  if (call->request.method == "HEAD") {
    call->respond(wasi::HttpResponse{.fields = {{"Content-Type", "text/event-stream"}}});
    return nullptr;
  }
  const std::shared_ptr<ApiState>& api = call->api;
  if (api->watchers.fetch_add(1) >= api->settings.watchers_max) {
    api->watchers.fetch_sub(1);
    call->respond(refuse(problems::unavailable, "too many watch at the same time"));
    return nullptr;
  }
  const auto watching = std::make_shared<Watching>();
  watching->api_ = api;
  watching->is_websocket_ = call->request.wants_websocket;
  // The stream has it, and it has the stream, until one of them ends.
  wasi::HttpStreamSettings settings{.idle_text = ":\n\n", .ended = [watching] { watching->end(); }};
  auto stream =
      watching->is_websocket_
          ? call->upgrade(std::move(settings))
          : call->stream(
                {.fields = {{"Content-Type", "text/event-stream"}, {"Cache-Control", "no-store"}}},
                std::move(settings));
  const std::scoped_lock lock(watching->mutex_);
  if (!watching->is_over_) watching->stream_ = std::move(stream);
  return watching;
}

void Watching::keep(std::shared_ptr<void> source) {
  const std::scoped_lock lock(mutex_);
  if (!is_over_) source_ = std::move(source);
}

void Watching::end() {
  std::shared_ptr<wasi::HttpStream> stream;
  std::shared_ptr<void> source;
  {
    const std::scoped_lock lock(mutex_);
    if (std::exchange(is_over_, true)) return;
    stream = std::move(stream_);
    source = std::move(source_);
  }
  api_->watchers.fetch_sub(1);
}

void Watching::tell(std::string_view kind, std::string_view id, const std::string& json) {
  std::shared_ptr<wasi::HttpStream> stream;
  {
    const std::scoped_lock lock(mutex_);
    stream = stream_;
  }
  if (!stream) return;
  if (is_websocket_) {
    stream->send(json);
    return;
  }
  std::string event = fmt::format("event: {}\n", kind);
  if (!id.empty()) event += fmt::format("id: {}\n", id);
  event += "data: ";
  // Lines of a text that is JSON end between its words only.
  std::ranges::transform(json, std::back_inserter(event),
                         [](char c) { return c == '\n' || c == '\r' ? ' ' : c; });
  event += "\n\n";
  stream->send(event);
}

// ---- What happens -----------------------------------------------------------------------------

std::string_view kind_of(const Happening& happening) {
  switch (happening.kind) {
    case Happening::Kind::transition: return "transition";
    case Happening::Kind::event: return "event";
    case Happening::Kind::log: return "log";
  }
  return "";
}

std::string describe(const Happening& happening) {
  JsonWriter json;
  json.begin_object();
  json.key("kind").string(kind_of(happening));
  json.key("at").string(rfc3339(happening.at_ns));
  json.key("actor").string(happening.actor);
  json.key("name").string(happening.name);
  json.key("text").string(happening.text);
  if (happening.receipt) {
    json.key("sequence").number(happening.receipt->sequence);
    json.key("hash").string(to_hex(happening.receipt->head));
  }
  if (!happening.reason.empty()) json.key("reason").string(happening.reason);
  if (!happening.other.empty()) json.key("other").string(happening.other);
  if (happening.delay_ns) json.key("delay_ns").number(*happening.delay_ns);
  if (happening.count) json.key("count").number(*happening.count);
  return json.end_object().take();
}

/// Tells of what happens now, and before that of what a client has missed.
class Telling {
 public:
  /// `is_live`: nothing comes before.
  Telling(std::weak_ptr<Watching> to, bool has_ids, bool is_live)
      : to_(std::move(to)), has_ids_(has_ids), is_live_(is_live) {}

  void happened(const Happening& happening) {
    const std::scoped_lock lock(mutex_);
    if (is_live_) return tell(happening);
    held_.push_back(happening);
  }
  /// Of the chain, those behind that sequence number, as far as they are among the last ones.
  void catch_up(const chain::Store& store, const std::string& actor, uint64_t behind) {
    const auto chain = store.chain(actor);
    const uint64_t last = chain ? chain->sequence : 0;
    // A genesis is no transition.
    uint64_t next =
        std::max(last - std::min(last, missed_max) + 1, behind < UINT64_MAX ? behind + 1 : behind);
    for (; next <= last; ++next) {
      const auto stored = store.outline(actor, next);
      if (!stored) break;
      tell({.kind = Happening::Kind::transition,
            .at_ns = stored->record.at_ns,
            .actor = actor,
            .name = std::string(chain::to_string(stored->record.kind)),
            .text = std::string(stored->record.reason),
            .receipt = actor::Receipt{next, stored->hash}});
    }
    const std::scoped_lock lock(mutex_);
    for (const Happening& happening : std::exchange(held_, {})) {
      if (!happening.receipt || happening.receipt->sequence >= next) tell(happening);
    }
    is_live_ = true;
  }

 private:
  static constexpr uint64_t missed_max = 1'000;

  void tell(const Happening& happening) const {
    const auto told = to_.lock();
    if (!told) return;
    const bool has_id = has_ids_ && happening.receipt;
    told->tell(kind_of(happening), has_id ? std::to_string(happening.receipt->sequence) : "",
               describe(happening));
  }

  const std::weak_ptr<Watching> to_;
  const bool has_ids_;  ///< sequence numbers of one chain; those of several say nothing
  std::mutex mutex_;
  bool is_live_;
  std::vector<Happening> held_;
};

/// `behind`: the last that was seen.
void watch(const CallPtr& call, const std::string& actor,
           const std::optional<uint64_t>& behind = std::nullopt) {
  const auto watching = Watching::begin(call);
  if (!watching) return;
  const chain::Store* const store = call->deployment().store();
  const bool catches_up = store && behind;
  const auto telling =
      std::make_shared<Telling>(std::weak_ptr(watching), !actor.empty(), !catches_up);
  watching->keep(call->deployment().watch(
      actor, [telling](const Happening& happening) { telling->happened(happening); }));
  if (catches_up) telling->catch_up(*store, actor, *behind);
}

Outcome<std::optional<uint64_t>> last_event_of(const wasi::HttpRequest& request) {
  const std::string* const text = request.field("last-event-id");
  if (!text || text->empty()) return std::nullopt;
  uint64_t number = 0;
  const char* const end = text->data() + text->size();
  const auto [read, error] = std::from_chars(text->data(), end, number);
  if (error == std::errc() && read == end) return number;
  return refuse(problems::bad_request, "Last-Event-ID: expected a sequence number");
}

// ---- Topics -----------------------------------------------------------------------------------

/// Subscribes as long as somebody watches.
class TopicWatcher final : public actor::Actor {
 public:
  TopicWatcher(std::string topic, std::weak_ptr<Watching> watching)
      : topic_(std::move(topic)), watching_(std::move(watching)) {}

  Result<actor::Progress> pre_start(actor::Context& context) override {
    TRY(context.subscribe(topic_));
    return actor::Progress::done;
  }
  Result<actor::Progress> handle_message(actor::Context& context,
                                         const actor::Message& message) override {
    const auto told = watching_.lock();
    if (!told) {
      context.stop_self();
      return actor::Progress::done;
    }
    JsonWriter json;
    json.begin_object();
    json.key("topic").string(message.payload.topic());
    json.key("media_type").string(message.payload.media_type());
    json.key("message");
    write_payload(json, message.payload);
    told->tell("published", "", json.end_object().take());
    return actor::Progress::done;
  }

 private:
  std::string topic_;
  std::weak_ptr<Watching> watching_;
};

}  // namespace

void watch_actor(const CallPtr& call) {
  const auto actor = call->deployment().actor(call->parameter);
  if (!actor) return call->respond(refuse(problems::no_such_actor, call->parameter));
  const auto behind = last_event_of(call->request);
  if (!behind) return call->respond(std::unexpected(behind.error()));
  watch(call, call->parameter, *behind);
}

void watch_all(const CallPtr& call) { watch(call, ""); }

void watch_topic(const CallPtr& call) {
  if (const Result<> good = actor::check_pattern(call->parameter); !good)
    return call->respond(std::unexpected(problem_of(good.error())));
  const auto watching = Watching::begin(call);
  if (!watching) return;
  actor::System& system = call->deployment().system();
  const auto spawned = system.spawn(actor::ChildSpec{
      .factory = [topic = call->parameter,
                  weak = std::weak_ptr(watching)]() -> Result<std::unique_ptr<actor::Actor>> {
        return std::make_unique<TopicWatcher>(topic, weak);
      },
      .restart = actor::Restart::temporary});
  if (!spawned) return watching->end();
  watching->keep(
      std::shared_ptr<void>(nullptr, [&system, id = *spawned](void*) { system.stop(id); }));
}

void list_dead_letters(const CallPtr& call) {
  JsonWriter json;
  json.begin_object().key("dead_letters").begin_array();
  for (const LostMessage& lost : call->deployment().dead_letters()) {
    json.begin_object();
    json.key("at").string(rfc3339(lost.at_ns));
    json.key("actor").string(lost.actor);
    if (!lost.from.empty()) json.key("from").string(lost.from);
    json.key("reason").string(to_string(lost.reason));
    json.key("media_type").string(lost.media_type);
    json.key("bytes").number(lost.bytes);
    json.end_object();
  }
  call->respond(json_response(200, json.end_array().end_object().take()));
}

}  // namespace cairn::platform
