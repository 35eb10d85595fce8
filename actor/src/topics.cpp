#include "topics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <mutex>

namespace cairn::actor {

namespace {

/// Takes the first word off `words`; `more` is whether a dot followed.
std::string_view next_word(std::string_view& words, bool& more) {
  const size_t dot = words.find('.');
  more = dot != std::string_view::npos;
  std::string_view word = words.substr(0, dot);
  words = more ? words.substr(dot + 1) : std::string_view{};
  return word;
}

Result<> check_words(std::string_view words, bool pattern) {
  const char* what = pattern ? "pattern" : "topic";
  if (words.size() > topic_bytes_max) {
    return fail(ErrorKind::malformed, fmt::format("a {} has at most {} bytes, this one {}", what,
                                                  topic_bytes_max, words.size()));
  }
  size_t count = 0;
  for (bool more = true; more;) {
    const std::string_view word = next_word(words, more);
    if (word.empty()) {
      return fail(ErrorKind::malformed, fmt::format("word {} of the {} is empty", count + 1, what));
    }
    if (++count > topic_words_max) {
      return fail(ErrorKind::malformed,
                  fmt::format("a {} has at most {} words", what, topic_words_max));
    }
    if (pattern && (word == "*" || (word == ">" && !more))) continue;
    const size_t bad = word.find_first_of("*> \t\r\n");
    if (bad != std::string_view::npos) {
      return fail(ErrorKind::malformed,
                  fmt::format("'{}' in word {} of the {}: {}", word[bad], count, what,
                              pattern ? "'*' stands alone, '>' alone and last"
                                      : "only patterns have '*' and '>', and no white space"));
    }
  }
  return {};
}

}  // namespace

Result<> check_topic(std::string_view topic) { return check_words(topic, false); }
Result<> check_pattern(std::string_view pattern) { return check_words(pattern, true); }

Result<bool> Topics::subscribe(std::string_view pattern, ActorId id) {
  TRY(check_pattern(pattern));
  std::unique_lock lock(mutex_);
  if (subscriptions_ == subscriptions_max_) {
    return fail(ErrorKind::limit,
                fmt::format("the system has {} subscriptions, as many as it may", subscriptions_));
  }
  Node* node = &root_;
  for (bool more = true; more;) {
    const std::string_view word = next_word(pattern, more);
    auto child = node->words.find(word);
    if (child == node->words.end()) {
      child = node->words.emplace(std::string(word), std::make_unique<Node>()).first;
    }
    node = child->second.get();
  }
  auto place = std::ranges::lower_bound(node->subscribers, id);
  if (place != node->subscribers.end() && *place == id) return false;
  node->subscribers.insert(place, id);
  ++subscriptions_;
  return true;
}

bool Topics::unsubscribe(std::string_view pattern, ActorId id) {
  if (!check_pattern(pattern)) return false;
  std::unique_lock lock(mutex_);
  const bool removed = remove(root_, pattern, id);
  if (removed) --subscriptions_;
  return removed;
}

/// Nodes that nobody needs any more go as well. As deep as a pattern has words.
bool Topics::remove(Node& node, std::string_view pattern, ActorId id) {
  if (pattern.empty()) {
    auto place = std::ranges::lower_bound(node.subscribers, id);
    if (place == node.subscribers.end() || *place != id) return false;
    node.subscribers.erase(place);
    return true;
  }
  bool more = false;
  auto child = node.words.find(next_word(pattern, more));
  if (child == node.words.end() || !remove(*child->second, pattern, id)) return false;
  if (child->second->subscribers.empty() && child->second->words.empty()) node.words.erase(child);
  return true;
}

void Topics::match(std::string_view topic, const std::vector<ActorId>*& only,
                   std::vector<ActorId>& several) const {
  // All nodes that the words so far lead to; two lists in turn, in place of recursion.
  std::vector<const Node*> here = {&root_};
  std::vector<const Node*> there;
  std::vector<const std::vector<ActorId>*> lists;
  const auto add = [&](const Node& node) {
    if (!node.subscribers.empty()) lists.push_back(&node.subscribers);
  };
  for (bool more = true; more && !here.empty();) {
    const std::string_view word = next_word(topic, more);
    there.clear();
    for (const Node* node : here) {
      for (std::string_view name : {word, std::string_view("*")}) {
        auto child = node->words.find(name);
        if (child != node->words.end()) there.push_back(child->second.get());
      }
      auto rest = node->words.find(">");
      if (rest != node->words.end()) add(*rest->second);
    }
    std::swap(here, there);
    if (!more) {
      for (const Node* node : here) add(*node);
    }
  }
  if (lists.size() == 1) {
    only = lists.front();
    return;
  }
  for (const auto* list : lists) several.insert(several.end(), list->begin(), list->end());
  std::ranges::sort(several);
  several.erase(std::ranges::unique(several).begin(), several.end());
}

}  // namespace cairn::actor
