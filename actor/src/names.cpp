#include "names.hpp"

#include "thread_number.hpp"

#include <utility>

namespace cairn::actor {

class Names::All {
 public:
  explicit All(Names& names) : names_(names) {
    for (Stripe& stripe : names_.stripes_) stripe.mutex.lock();
  }
  ~All() {
    for (Stripe& stripe : names_.stripes_) stripe.mutex.unlock();
  }
  All(const All&) = delete;
  All& operator=(const All&) = delete;

 private:
  Names& names_;
};

SpinMutex& Names::mine() const { return stripes_[number_of_this_thread() % stripes_.size()].mutex; }

ActorId Names::find(std::string_view name) const {
  std::lock_guard lock(mine());
  const NameTable::Entry* known = ids_.find(name);
  return known == nullptr ? ActorId() : known->id;
}

bool Names::is_taken(std::string_view name) const {
  std::lock_guard lock(mine());
  return ids_.find(name) != nullptr;
}

std::string Names::name_of(ActorId id) const {
  std::lock_guard lock(mine());
  auto known = names_.find(id);
  return known == names_.end() ? std::string() : *known->second;
}

bool Names::reserve(std::string_view name) {
  All all(*this);
  return ids_.add(name) != nullptr;
}

void Names::add(std::string_view name, ActorId id) {
  All all(*this);
  NameTable::Entry* const entry = ids_.find(name);
  entry->id = id;
  names_[id] = &entry->name;
}

void Names::hide(std::string_view name) {
  All all(*this);
  names_.erase(std::exchange(ids_.find(name)->id, ActorId()));
}

void Names::remove(std::string_view name) {
  All all(*this);
  names_.erase(ids_.find(name)->id);
  ids_.remove(name);
}

}  // namespace cairn::actor
