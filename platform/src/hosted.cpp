#include "hosted.hpp"

#include <ranges>
#include <utility>

namespace cairn::platform {

using actor::Context;
using actor::Message;
using actor::MessageKind;
using actor::Progress;

// --- its life ---

Result<Progress> Hosted::pre_start(Context& context) {
  entry_ = hosting_.entry_in(entry_, context.self(), context.parent());
  entry_->locked([&](Entry& own) {
    if (own.is_wanted || own.actor_id() == context.self()) return;
    // A guest's child, of which only its parent knew.
    own.kind = kind_;
    own.wanted.name.clear();
    own.wanted.component.clear();
    own.wanted.settings.clear();
    own.wanted.argument = argument_;
  });
  hosting_.started(entry_, context.self(), context.parent());
  return inner_->pre_start(context);
}
Result<Progress> Hosted::post_start(Context& context) {
  const auto topics = entry_->locked([](const Entry& own) { return own.wanted.topics; });
  for (const std::string& pattern : topics) TRY(context.subscribe(pattern));
  return inner_->post_start(context);
}
Result<Progress> Hosted::pre_stop(Context& context) { return inner_->pre_stop(context); }
/// Who is killed between two instances has none.
Result<Progress> Hosted::post_stop(Context& context) {
  return inner_ == nullptr ? Progress::done : inner_->post_stop(context);
}
Result<Progress> Hosted::health_check(Context& context) { return inner_->health_check(context); }
Result<Progress> Hosted::on_restart(Context& context, const Error& cause) {
  entry_ = hosting_.entry_in(entry_, context.self(), context.parent());
  // The parent of a guest's child knows the component it was born with, and no other.
  if (Kind kind = entry_->locked([](const Entry& own) { return own.kind; });
      kind != nullptr && kind != kind_) {
    TRY(make(std::move(kind), argument_));
  }
  return inner_->on_restart(context, cause);
}

// --- messages ---

Result<Progress> Hosted::handle_message(Context& context, const Message& message) {
  const bool is_plain = message.kind == MessageKind::user || message.kind == MessageKind::request;
  if (!is_plain || message.tag == 0) return inner_->handle_message(context, message);
  if (message.tag == control_tag) return change(context);
  std::shared_ptr<Ticket> ticket = hosting_.tickets->begin(message.tag);
  if (ticket == nullptr && (message.tag & keyed_bit) != 0) {
    // It was said to be too late already; who comes again with the key would find it handled.
    context.refuse(message, actor::Refusal::expired, "nobody waits for it any more");
    return Progress::done;
  }
  // The tag is ours, and not what the sender said.
  message_.emplace(message);
  message_->tag = 0;
  entry_->handling = std::move(ticket);
  return ended(inner_->handle_message(context, *message_));
}

Result<Progress> Hosted::ended(Result<Progress> progress) {
  if (!progress || *progress == Progress::done) end_handling();
  return progress;
}

void Hosted::end_handling() {
  const std::shared_ptr<Ticket> ticket = std::exchange(entry_->handling, nullptr);
  if (ticket == nullptr || ticket->key.empty() || ticket->is_appending) return;
  hosting_.unrecorded(entry_, *ticket);
}

/// Who could not be changed has no instance that may say what becomes of it.
actor::Directive Hosted::on_error(Context& context, const Error& error) {
  return inner_ == nullptr ? actor::Directive::restart : inner_->on_error(context, error);
}

void Hosted::answered(Context& context, const Message& reply) {
  if (inner_ != nullptr) inner_->answered(context, reply);
}

Result<Progress> Hosted::resume(Context& context) {
  switch (stage_) {
    case Stage::none: return ended(inner_->resume(context));
    case Stage::forking: {
      if (forked_->state.load() != 2) return Progress::waiting;
      const std::shared_ptr<Forked> forked = std::move(forked_);
      if (!forked->result) {
        hosting_.complain(entry_, "its state was not changed: " + forked->result.error().message);
      }
      return renew(context);
    }
    default: return advance(context, inner_->resume(context));
  }
}

void Hosted::cancel(Context& context) {
  stage_ = Stage::none;
  forked_.reset();
  if (inner_ != nullptr) inner_->cancel(context);
  end_handling();
}

// --- a new instance ---

Result<Progress> Hosted::change(Context& context) {
  orders_ = entry_->take_orders(context.self());
  if (orders_.empty()) return Progress::done;
  std::optional<actor::Transition> fork;
  for (Order& order : orders_) {
    if (order.fork) fork = std::move(order.fork);
  }
  inner_.reset();  // its chain is closed
  context.forget(entry_->locked([](const Entry& own) { return own.wanted.topics; }));
  if (fork && hosting_.fork) return begin_fork(context, *std::move(fork));
  return renew(context);
}

Result<Progress> Hosted::begin_fork(Context& context, actor::Transition fork) {
  stage_ = Stage::forking;
  forked_ = std::make_shared<Forked>();
  hosting_.fork(entry_, std::move(fork),
                [forked = forked_, waker = context.waker()](Result<actor::Receipt> receipt) {
                  forked->result = std::move(receipt);
                  if (forked->state.exchange(2) == 1) waker.wake();
                });
  uint8_t none = 0;
  if (forked_->state.compare_exchange_strong(none, 1)) return Progress::waiting;
  return resume(context);
}

Result<Progress> Hosted::renew(Context& context) {
  auto [kind, argument] =
      entry_->locked([](const Entry& own) { return std::pair(own.kind, own.wanted.argument); });
  for (const Order& order : orders_) {
    if (order.kind != nullptr) kind = order.kind;
  }
  if (const Result<> made = make(std::move(kind), std::move(argument)); !made) {
    return advance(context, std::unexpected(made.error()));
  }
  hosting_.started(entry_, context.self(), context.parent());
  stage_ = Stage::on_restart;
  return advance(context, inner_->on_restart(context, Error{.message = orders_.back().why}));
}

Result<> Hosted::make(Kind kind, actor::Payload argument) {
  auto made = TRY(kind->spec(entry_->name, std::move(argument)).factory());
  // What the kind gives is hosted as well.
  inner_ = static_cast<Hosted&>(*made).release();
  kind_ = std::move(kind);
  return {};
}

Result<Progress> Hosted::advance(Context& context, Result<Progress> progress) {
  while (progress && *progress == Progress::done) {
    switch (stage_) {
      case Stage::on_restart:
        stage_ = Stage::pre_start;
        progress = inner_->pre_start(context);
        break;
      case Stage::pre_start:
        stage_ = Stage::post_start;
        progress = inner_->post_start(context);
        break;
      default:
        stage_ = Stage::none;
        adopt();
        return Progress::done;
    }
  }
  if (progress) return progress;
  hosting_.complain(entry_, "it did not start anew: " + progress.error().message);
  // The supervisor starts what ran before.
  stage_ = Stage::none;
  inner_.reset();
  return progress;
}

/// Only now: whatever fails before finds the component that is known to run.
void Hosted::adopt() {
  for (Order& order : std::views::reverse(orders_)) {
    if (order.kind == nullptr) continue;
    entry_->locked([&](Entry& own) {
      own.kind = std::move(order.kind);
      own.wanted.component = std::move(order.component);
      own.wanted.settings = std::move(order.settings);
    });
    return hosting_.upgraded(entry_);
  }
}

}  // namespace cairn::platform
