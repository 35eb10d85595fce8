// The host's ends of streams and futures: those of guests (streams.cpp), with values as the buffer.

#include <cairn/component/streams.hpp>

#include "link/program.hpp"

namespace cairn::component {

namespace {

using rt::CopyEnd;
using rt::Object;

/// Copies from or to `values` and lets threads run until something was copied.
Result<> copy(Store& store, CopyEnd& end, std::vector<Value>& values, uint32_t length) {
  rt::StoreState& state = store.state();
  end.buffer = {};
  end.buffer.element = end.shared->plan->element;
  end.buffer.length = length;
  end.buffer.values = &values;
  end.state = CopyEnd::State::copying;
  TRY(rt::start_copy(end, state));
  while (!end.pending) {
    if (TRY(state.tick()) || TRY(state.wait_for_host())) continue;
    rt::cancel_copy(end);
    end.take_event();
    return rt::trap("deadlock detected: event loop cannot make further progress");
  }
  end.take_event();
  return {};
}

bool is_done(const CopyEnd& end) { return end.state == CopyEnd::State::done; }

}  // namespace

Result<Reader> Reader::of(const Value& value) {
  const Value::Handle& handle = value.handle();
  const bool fits = handle && !handle->gone && handle->object &&
                    (handle->object->kind == Object::Kind::stream ||
                     handle->object->kind == Object::Kind::future);
  if (!fits) return fail(ErrorKind::usage, "not the handle of a stream or future");
  handle->gone = true;
  auto shared = std::static_pointer_cast<rt::Shared>(handle->object);
  const auto kind = shared->is_future() ? Object::Kind::future_reader : Object::Kind::stream_reader;
  return Reader(std::make_shared<CopyEnd>(kind, std::move(shared)));
}

Result<std::vector<Value>> Reader::read(Store& store, uint32_t max) {
  std::vector<Value> values;
  if (is_done(*end_) || max == 0) return values;
  while (values.empty() && !is_done(*end_))
    TRY(copy(store, *end_, values, end_->shared->is_future() ? 1 : max));
  // Elements without a payload are counted only.
  if (!end_->buffer.element) values.resize(end_->buffer.progress);
  return values;
}

Reader::~Reader() {
  if (end_) rt::drop_end(*end_);
}

Result<Writer> Writer::make(Store& store, const Func& func, size_t param, Value& value) {
  const rt::TuplePlan& params = func.lifted()->plan->params;
  const rt::Plan* const plan = param < params.items.size() ? params.items[param] : nullptr;
  if (!plan || (plan->op != rt::Op::stream && plan->op != rt::Op::future))
    return fail(ErrorKind::usage, "the parameter is no stream or future");
  const bool is_future = plan->op == rt::Op::future;
  auto shared =
      std::make_shared<rt::Shared>(is_future ? Object::Kind::future : Object::Kind::stream, plan);
  value = Value::handle(std::make_shared<rt::HostHandle>(store.state(), shared));
  const auto kind = is_future ? Object::Kind::future_writer : Object::Kind::stream_writer;
  return Writer(std::make_shared<CopyEnd>(kind, std::move(shared)));
}

Result<uint32_t> Writer::write(Store& store, std::span<const Value> values) {
  const size_t most = end_->shared->is_future() ? 1 : rt::content_bytes_max;
  if (values.size() > most || values.empty())
    return fail(ErrorKind::usage, "a write of no element, or of too many");
  uint32_t written = 0;
  while (written < values.size() && !is_done(*end_)) {
    std::vector<Value> rest(values.begin() + written, values.end());
    TRY(copy(store, *end_, rest, static_cast<uint32_t>(rest.size())));
    written += end_->buffer.progress;
  }
  return written;
}

Writer::~Writer() {
  if (end_) rt::drop_end(*end_);
}

}  // namespace cairn::component
