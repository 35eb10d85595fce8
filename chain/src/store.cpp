#include <cairn/chain/store.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "store_inside.hpp"

namespace cairn::chain {
namespace {

std::unexpected<Error> not_open(actor::ActorId actor) {
  return fail(ErrorKind::usage, fmt::format("actor {} has no open chain", to_string(actor)));
}

bool same(const actor::Payload& a, const actor::Payload& b) {
  const ByteSpan left = a.bytes();
  const ByteSpan right = b.bytes();
  // Large ones are shared: nothing is to be compared then.
  return left.size() == right.size() && a.media_type() == b.media_type() &&
         (left.data() == right.data() || std::ranges::equal(left, right));
}

/// What is signed: all before the line that is empty.
std::string_view text_of(std::string_view note) { return note.substr(0, note.rfind("\n\n") + 1); }

}  // namespace

void Store::Inside::keep_issued(std::string note) {
  const auto same = std::ranges::find(issued, text_of(note), text_of);
  if (same != issued.end()) {
    *same = std::move(note);
    return;
  }
  if (issued.size() == checkpoints_kept) issued.pop_front();
  issued.push_back(std::move(note));
}

Store::Store() = default;
Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::open(Disk& disk, Clock& clock, Random& random,
                                           StoreSettings settings, const crypto::Ed25519Key& key) {
  TRY(check_key_name(settings.origin));
  std::unique_ptr<Store> store(new Store);
  store->inside_ = std::make_unique<Inside>(key);
  Inside& inside = *store->inside_;
  inside.settings = std::move(settings);
  inside.clock = &clock;
  LogOpening opening;
  inside.log = TRY(Log::open(disk, random,
                             {.folder = inside.settings.folder,
                              .origin = inside.settings.origin,
                              .segment_bytes = inside.settings.segment_bytes},
                             opening));
  if (const std::string note = inside.log->note(); !note.empty()) {
    inside.signed_size = TRY(Checkpoint::parse(TRY(Note::parse(note)).text)).size;
    for (std::string& cosigned : inside.log->cosigned().all())
      inside.keep_issued(std::move(cosigned));
    inside.keep_issued(note);
  }
  if (inside.settings.checkpoint_interval_ns != 0 && inside.log->size() != inside.signed_size) {
    inside.due_ns = std::max<uint64_t>(clock.monotonic_ns(), 1);
  }
  store->opening_ = {.records = inside.log->size(),
                     .torn_bytes = opening.torn_bytes,
                     .indexes_rebuilt = opening.indexes_rebuilt,
                     .is_new = opening.is_new};
  return store;
}

void Store::push(Request request) {
  bool was_empty = false;
  {
    const std::lock_guard lock(inside_->mutex);
    was_empty = inside_->waiting.empty();
    inside_->waiting.push_back(std::move(request));
  }
  if (was_empty && wake_) wake_();
}

void Store::open(actor::ActorId actor, actor::Genesis genesis, Opened done) {
  auto prepared = Prepared::of(std::move(genesis));
  if (!prepared) return done(std::unexpected(prepared.error()));
  push({.kind = Request::Kind::open,
        .actor = actor,
        .prepared = *std::move(prepared),
        .opened = std::move(done)});
}

void Store::append(actor::ActorId actor, actor::Transition transition, Appended done) {
  auto prepared = Prepared::of(std::move(transition));
  if (!prepared) return done(std::unexpected(prepared.error()));
  push({.kind = Request::Kind::append,
        .actor = actor,
        .prepared = *std::move(prepared),
        .appended = std::move(done)});
}

void Store::close(actor::ActorId actor) { push({.kind = Request::Kind::close, .actor = actor}); }

void Store::sign_checkpoint(std::function<void(Result<std::string>)> done) {
  push({.kind = Request::Kind::checkpoint, .noted = std::move(done)});
}

void Store::add_cosignatures(std::string note, std::function<void(Result<>)> done) {
  push({.kind = Request::Kind::cosign,
        .note = std::move(note),
        .noted = [done = std::move(done)](const Result<std::string>& noted) {
          done(noted ? Result<>() : std::unexpected(noted.error()));
        }});
}

bool Store::commit() {
  Inside& inside = *inside_;
  if (inside.taken.empty()) {
    const std::lock_guard lock(inside.mutex);
    std::swap(inside.taken, inside.waiting);
    std::ranges::reverse(inside.taken);
  }
  const bool is_due = inside.due_ns != 0 && inside.clock->monotonic_ns() >= inside.due_ns;
  if (inside.taken.empty() && !is_due) {
    inside.log->seal();
    return false;
  }
  Round round;
  while (!inside.taken.empty() && inside.log->staged_bytes() < inside.settings.batch_bytes_max &&
         !round.is_against(inside.taken.back())) {
    Request request = std::move(inside.taken.back());
    inside.taken.pop_back();
    stage(request, round);
  }
  stage_checkpoint(round);
  const Result<> done = inside.log->commit();
  finish(round, done);
  return true;
}

void Store::stage(Request& request, Round& round) {
  switch (request.kind) {
    case Request::Kind::open: stage_open(request, round); break;
    case Request::Kind::append: stage_append(request, round); break;
    case Request::Kind::close: stage_close(request.actor.value()); break;
    case Request::Kind::checkpoint: round.notes.push_back(std::move(request)); break;
    case Request::Kind::cosign: {
      auto note = with_cosignatures(request.note, round);
      if (!note) return request.noted(std::unexpected(note.error()));
      if (!*note) return request.noted("");
      round.staged.push_back(**note);
      inside_->log->stage_note(**std::move(note));
      round.notes.push_back(std::move(request));
      break;
    }
  }
}

void Store::stage_close(uint64_t actor) {
  const auto session = inside_->sessions.find(actor);
  if (session == inside_->sessions.end()) return;
  inside_->writers.erase(session->second.name);
  inside_->sessions.erase(session);
}

void Store::stage_open(Request& request, Round& round) {
  const std::string& name = request.prepared->genesis().name;
  const uint64_t own = request.actor.value();
  if (const uint64_t writer = inside_->writers.try_emplace(name, own).first->second;
      writer != own) {
    request.opened(fail(ErrorKind::usage, fmt::format("somebody else ({}) writes to the chain '{}'",
                                                      to_string(actor::ActorId(writer)), name)));
    return;
  }
  inside_->sessions[own] = {.name = name};
  if (inside_->log->find_chain(name) != nullptr) {
    round.reopened.push_back(std::move(request));
    return;
  }
  Record record = request.prepared->record();
  record.at_ns = inside_->clock->realtime_ns();
  const ByteSpan manifest = request.prepared->content(Slot::manifest);
  const auto chain = inside_->log->stage_genesis(record, manifest.empty() ? 0 : 1, {manifest});
  if (!chain) {
    stage_close(own);
    request.opened(std::unexpected(chain.error()));
    return;
  }
  round.begun.push_back(std::move(request));
}

void Store::stage_append(Request& request, Round& round) {
  const auto session = inside_->sessions.find(request.actor.value());
  if (session == inside_->sessions.end() || !session->second.is_open) {
    request.appended(not_open(request.actor));
    return;
  }
  const Prepared& prepared = *request.prepared;
  if (prepared.transition().kind == actor::TransitionKind::message &&
      !same(prepared.transition().old_state, session->second.state)) {
    request.appended(fail(
        ErrorKind::usage,
        fmt::format("actor '{}' was in another state than its chain says", session->second.name)));
    return;
  }
  Chain& chain = *inside_->log->find_chain(session->second.name);
  Record record = prepared.record();
  std::array<ByteSpan, slot_count> contents;
  for (size_t slot = 0; slot < slot_count; ++slot) {
    contents[slot] = prepared.content(static_cast<Slot>(slot));
  }
  Result<> staged = check_fork(record);
  if (staged) staged = inside_->log->stage(chain, record, contents);
  if (!staged) {
    request.appended(std::unexpected(staged.error()));
    return;
  }
  round.appends.push_back(
      {.request = std::move(request),
       .receipt = {.sequence = chain.staged.sequence, .head = chain.staged.hash}});
}

/// The state of a fork is that of the record which it names.
Result<> Store::check_fork(const Record& record) const {
  if (record.kind != RecordKind::fork) return {};
  if (!record.source) return fail(ErrorKind::usage, "a fork does not say where its state is from");
  const StoredRecord from = TRY(this->record(record.source->name, record.source->cause));
  if (from.record.kind != RecordKind::genesis && from.record.state() == *record.new_state) {
    return {};
  }
  return fail(ErrorKind::usage, fmt::format("the state of a fork is not that of record {} of '{}'",
                                            record.source->cause, record.source->name));
}

/// Signs what is staged, if it is time, or if somebody asks.
void Store::stage_checkpoint(Round& round) {
  Inside& inside = *inside_;
  const crypto::MerkleFrontier& tree = inside.log->staged_tree();
  const uint64_t interval = inside.settings.checkpoint_interval_ns;
  const bool is_asked_for = round.has(Request::Kind::checkpoint);
  // Of an empty log, too, if somebody asks.
  const bool is_first = is_asked_for && inside.log->note().empty();
  if (tree.size() == inside.signed_size && !is_first) {
    inside.due_ns = 0;
    return;
  }
  const uint64_t now = inside.clock->monotonic_ns();
  const bool is_due = interval != 0 && now >= inside.signed_ns + interval;
  if (!is_asked_for && (!is_due || round.has(Request::Kind::cosign))) {
    inside.due_ns = interval == 0 ? 0 : inside.signed_ns + interval;
    return;
  }
  if (auto note = signed_checkpoint()) {
    round.staged.push_back(*note);
    inside.log->stage_note(*std::move(note));
  }
  inside.signed_ns = now;
  inside.due_ns = 0;
}

Result<std::string> Store::signed_checkpoint() const {
  const crypto::MerkleFrontier& tree = inside_->log->staged_tree();
  const Checkpoint checkpoint = {
      .origin = inside_->settings.origin, .size = tree.size(), .root = tree.root()};
  Note note = {.text = checkpoint.to_string()};
  TRY(note.sign(inside_->settings.origin, inside_->key));
  return note.to_string();
}

Result<std::optional<std::string>> Store::with_cosignatures(const std::string& text,
                                                            const Round& round) const {
  const Note given = TRY(Note::parse(text));
  // Another witness may be in the same round: the last one has its cosignature.
  const std::string* found = nullptr;
  for (const std::string& one : inside_->issued)
    if (text_of(one) == given.text) found = &one;
  for (const std::string& one : round.staged)
    if (text_of(one) == given.text) found = &one;
  if (found == nullptr) {
    return fail(ErrorKind::usage,
                fmt::format("the cosignatures are of none of the last {} checkpoints of this log",
                            checkpoints_kept));
  }
  Note ours = TRY(Note::parse(*found));
  size_t known = 0;
  size_t added = 0;
  for (const Verifier& witness : inside_->settings.witnesses) {
    const auto is_by = [&witness](const NoteSignature& signature) {
      return signature.name == witness.name && signature.key_id == witness.key_id();
    };
    const auto signature = std::ranges::find_if(given.signatures, is_by);
    if (signature == given.signatures.end()) continue;
    TRY(given.verify(witness));
    ++known;
    // Notes are public: whoever sends them again, or older ones, changes nothing.
    if (std::ranges::any_of(ours.signatures, is_by)) continue;
    ours.signatures.push_back(*signature);
    ++added;
  }
  if (known == 0) return fail(ErrorKind::denied, "no cosignature by a known witness");
  if (added == 0) return std::nullopt;
  return ours.to_string();
}

std::optional<Error> Store::failure() const {
  const std::lock_guard lock(inside_->mutex);
  return inside_->failure;
}

void Store::finish(Round& round, const Result<>& done) {
  Inside& inside = *inside_;
  if (!done && inside.log->failure()) {
    const std::lock_guard lock(inside.mutex);
    inside.failure = inside.log->failure();
  }
  if (done) {
    for (std::string& note : round.staged) inside.keep_issued(std::move(note));
    if (const auto note = Note::parse(inside.log->note())) {
      if (const auto checkpoint = Checkpoint::parse(note->text)) {
        inside.signed_size = checkpoint->size;
      }
    }
  }
  for (auto& [request, receipt] : round.appends) {
    if (!done) {
      request.appended(std::unexpected(done.error()));
      continue;
    }
    const actor::Payload* state = request.prepared->new_state();
    const auto session = inside.sessions.find(request.actor.value());
    if (state != nullptr && session != inside.sessions.end()) session->second.state = *state;
    request.appended(receipt);
  }
  std::vector<Request> opened = std::move(round.begun);
  std::ranges::move(round.reopened, std::back_inserter(opened));
  for (Request& request : opened) {
    const std::string& name = request.prepared->genesis().name;
    Result<actor::Recovered> recovered = done ? recover(name) : std::unexpected(done.error());
    const auto session = inside.sessions.find(request.actor.value());
    if (!recovered) {
      stage_close(request.actor.value());
    } else if (session != inside.sessions.end()) {  // it may have gone meanwhile
      session->second.state = recovered->state;
      session->second.is_open = true;
    }
    request.opened(std::move(recovered));
  }
  for (Request& request : round.notes) {
    request.noted(done ? Result<std::string>(inside.log->note()) : std::unexpected(done.error()));
  }
}

std::optional<uint64_t> Store::due_ns() const {
  const uint64_t due = inside_->due_ns;
  return due == 0 ? std::nullopt : std::optional(due);
}

Committer::Committer(Store& store, Clock& clock) : store_(store), clock_(clock) {
  store_.set_wake([this] {
    {
      const std::lock_guard lock(mutex_);
      is_woken_ = true;
    }
    changed_.notify_one();
  });
  thread_ = std::thread([this] { run(); });
}

Committer::~Committer() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
    changed_.notify_one();
  }
  thread_.join();
  store_.set_wake(nullptr);
}

void Committer::run() {
  for (;;) {
    while (store_.commit()) {
    }
    std::unique_lock lock(mutex_);
    if (!is_woken_ && is_ending_) return;
    const auto is_wanted = [this] { return is_woken_ || is_ending_; };
    if (const auto due = store_.due_ns()) {
      const uint64_t now = clock_.monotonic_ns();
      changed_.wait_for(lock, std::chrono::nanoseconds(*due > now ? *due - now : 0), is_wanted);
    } else {
      changed_.wait(lock, is_wanted);
    }
    is_woken_ = false;
  }
}

}  // namespace cairn::chain
