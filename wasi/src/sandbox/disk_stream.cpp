#include "sandbox/disk_stream.hpp"

#include <algorithm>
#include <utility>

namespace cairn::wasi {

// ---- Waiting ----------------------------------------------------------------------------------

EventLoop::Ticket WorkWaiters::add(EventLoop::Callback run) {
  struct Waiting final : EventLoop::Wait {
    explicit Waiting(std::shared_ptr<EventLoop::Callback> of) : run(std::move(of)) {}
    ~Waiting() override { *run = nullptr; }
    std::shared_ptr<EventLoop::Callback> run;
  };
  // Those who have let go are forgotten before they are many.
  std::erase_if(waiting_, [](const auto& waiting) { return !*waiting; });
  auto slot = std::make_shared<EventLoop::Callback>(std::move(run));
  waiting_.push_back(slot);
  return std::make_unique<Waiting>(std::move(slot));
}

void WorkWaiters::notify() {
  for (const auto& waiting : std::exchange(waiting_, {}))
    if (*waiting) std::exchange(*waiting, nullptr)();
}

// ---- Reading ----------------------------------------------------------------------------------

ByteSource::Read DiskSource::take(size_t max) {
  const size_t size = std::min(max, kept_.size() - taken_);
  Read read{.bytes = Bytes(kept_.data() + taken_, kept_.data() + taken_ + size)};
  taken_ += size;
  if (taken_ == kept_.size()) {
    kept_.clear();
    taken_ = 0;
  }
  return read;
}

Outcome<ByteSource::Read> DiskSource::read(size_t max) {
  if (max == 0 || reading_) return Read{};
  if (!kept_.empty()) return take(max);
  if (result_) {
    const Outcome<size_t> result = *std::exchange(result_, std::nullopt);
    if (!result) return fail(result.error());
    return Read{.bytes = {}, .ended = true};
  }
  Read read{.bytes = Bytes(max)};
  const iovec buffer{read.bytes.data(), max};
  const Outcome<size_t> got = handle_->read_now({&buffer, 1}, offset_);
  if (!got && got.error() == Errno::again) {
    start(max);
    return Read{};
  }
  if (!got) return fail(got.error());
  if (offset_) *offset_ += *got;
  read.bytes.resize(*got);
  read.ended = *got == 0;
  return read;
}

void DiskSource::start(size_t max) {
  struct Job {
    std::shared_ptr<Handle> handle;
    std::optional<uint64_t> offset;
    Bytes bytes;
    Outcome<size_t> result = size_t{0};
  };
  const auto job = std::make_shared<Job>(Job{handle_, offset_, Bytes(max)});
  reading_ = loop_.work(
      [job] {
        const iovec buffer{job->bytes.data(), job->bytes.size()};
        job->result = job->offset ? job->handle->read_at({&buffer, 1}, *job->offset)
                                  : job->handle->read({&buffer, 1});
      },
      [this, job] {
        reading_.reset();
        if (job->result && *job->result > 0) {
          if (offset_) *offset_ += *job->result;
          kept_ = std::move(job->bytes);
          kept_.resize(*job->result);
        } else {
          result_ = job->result;
        }
        waiters_.notify();
      });
}

EventLoop::Ticket DiskSource::when_ready(EventLoop::Callback run) {
  if (reading_) return waiters_.add(std::move(run));
  return loop_.at(0, std::move(run));
}

// ---- Writing ----------------------------------------------------------------------------------

Outcome<size_t> DiskSink::Job::write_all(ByteSpan from) {
  size_t written = 0;
  while (written < from.size()) {
    const iovec buffer{const_cast<uint8_t*>(from.data()) + written, from.size() - written};
    const WriteBuffers buffers(&buffer, 1);
    const Outcome<size_t> put = append   ? handle->append(buffers)
                                : offset ? handle->write_at(buffers, *offset)
                                         : handle->write(buffers);
    // What was written counts; the error will come again.
    if (!put && written > 0) break;
    if (!put) return put;
    if (*put == 0) return fail(Errno::io);  // of a file this means nothing good
    if (offset) *offset += *put;
    written += *put;
  }
  return written;
}

void DiskSink::Job::run() {
  result = write_all(bytes);
  std::unique_lock lock(mutex);
  ended = true;
  const Bytes more = std::exchange(rest, {});
  lock.unlock();
  if (!more.empty() && result && *result == bytes.size()) (void)write_all(more);
}

void DiskSink::start(ByteSpan bytes) {
  job_ = std::make_shared<Job>(handle_, offset_, append_, Bytes(bytes.begin(), bytes.end()));
  writing_ = loop_.work([job = job_] { job->run(); },
                        [this] {
                          writing_.reset();
                          waiters_.notify();
                        });
}

Outcome<size_t> DiskSink::write(ByteSpan bytes) {
  if (bytes.empty() || writing_) return size_t{0};
  if (!job_) {
    start(bytes);
    return size_t{0};
  }
  const Outcome<size_t> result = std::exchange(job_, nullptr)->result;
  if (result && offset_) *offset_ += *result;
  return result;
}

EventLoop::Ticket DiskSink::when_ready(EventLoop::Callback run) {
  if (writing_) return waiters_.add(std::move(run));
  return loop_.at(0, std::move(run));
}

void DiskSink::leave(ByteSpan bytes) {
  if (const std::shared_ptr<Job> job = job_) {
    const std::scoped_lock lock(job->mutex);
    // What the job has is what these bytes begin with.
    bytes = bytes.subspan(std::min(bytes.size(), job->bytes.size()));
    if (bytes.empty()) return;
    if (!job->ended) {
      job->rest.assign(bytes.begin(), bytes.end());
      return;
    }
    if (!job->result || *job->result != job->bytes.size()) return;
    if (offset_) *offset_ += *job->result;
  }
  start(bytes);
}

}  // namespace cairn::wasi
