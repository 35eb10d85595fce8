#include "sandbox/resolver.hpp"

#include <algorithm>

namespace cairn::wasi {

namespace {

constexpr uint16_t dns_port = 53;
constexpr uint64_t patience_ns = 2'000'000'000;  ///< for each server
constexpr size_t config_bytes_max = 1 << 20;
constexpr size_t header_bytes = 12;

/// One look-up: all servers in order, each asked for both kinds of addresses.
class Lookup final : public EventLoop::Wait {
 public:
  Lookup(const ResolverWorld& world, std::string name, Network::Addresses then)
      : loop_(world.loop),
        network_(world.network),
        random_(world.random),
        name_(std::move(name)),
        then_(std::move(then)) {
    const auto text = [&](const char* path) {
      const Result<Bytes> bytes = world.files.read_file(path, config_bytes_max);
      return bytes ? std::string(as_text(*bytes)) : std::string();
    };
    std::vector<IpAddress> known = find_in_hosts(text("/etc/hosts"), name_);
    if (known.empty()) {
      servers_ = find_servers(text("/etc/resolv.conf"));
      ask();
    } else {
      finish_soon(std::move(known));
    }
  }

 private:
  struct Question {
    RecordType type;
    Bytes query;
    bool answered = false;
  };

  void finish_soon(Outcome<std::vector<IpAddress>> result) {
    result_ = std::move(result);
    timer_ = loop_.at(0, [this] {
      const Network::Addresses then = std::move(then_);
      then(std::move(result_));  // and this object may be no more
    });
    socket_.reset();
  }

  /// The next server.
  void ask() {
    readable_.reset();
    if (server_ == servers_.size()) return finish_soon(fail(Errno::again));
    const IpAddress server = servers_[server_++];
    questions_.clear();
    found_.clear();
    for (const RecordType type : {RecordType::aaaa, RecordType::a}) {
      // Who cannot see our traffic has to guess the number and the port.
      const auto id = static_cast<uint16_t>(random_.next_u64());
      std::optional<Bytes> query = make_query(id, name_, type);
      if (!query) return finish_soon(fail(Errno::inval));
      questions_.push_back({type, *std::move(query)});
    }
    Outcome<std::shared_ptr<Socket>> socket = network_.udp(server.family);
    if (!socket) return ask();
    socket_ = *std::move(socket);
    if (!socket_->connect({.ip = server, .port = dns_port})) return ask();
    for (const Question& question : questions_)
      if (!socket_->send_to(question.query, std::nullopt)) return ask();
    timer_ = loop_.at(loop_.clock().monotonic_ns() + patience_ns, [this] { ask(); });
    wait();
  }

  void wait() {
    readable_ =
        loop_.when_ready(socket_->wait_fd(), EventLoop::Direction::read, [this] { read(); });
  }

  void read() {
    for (;;) {
      const Outcome<Datagram> datagram = socket_->receive_from();
      if (!datagram && datagram.error() == Errno::again) return wait();
      if (!datagram) return ask();
      for (Question& question : questions_) {
        if (question.answered) continue;
        const auto answer = read_answer(datagram->bytes, question.query, question.type);
        if (!answer && answer.error() == Errno::badmsg) continue;
        if (!answer && answer.error() == Errno::again) return ask();
        question.answered = true;
        if (answer) found_.insert(found_.end(), answer->begin(), answer->end());
      }
      if (std::ranges::all_of(questions_, &Question::answered)) {
        readable_.reset();
        if (found_.empty()) return finish_soon(fail(Errno::noent));
        return finish_soon(std::move(found_));
      }
    }
  }

  EventLoop& loop_;
  Network& network_;
  Random& random_;
  std::string name_;
  Network::Addresses then_;
  std::vector<IpAddress> servers_, found_;
  size_t server_ = 0;
  std::vector<Question> questions_;
  Outcome<std::vector<IpAddress>> result_;
  std::shared_ptr<Socket> socket_;
  EventLoop::Ticket timer_, readable_;
};

/// Words of a line up to a comment.
std::vector<std::string_view> words(std::string_view line) {
  line = line.substr(0, line.find_first_of("#;"));
  std::vector<std::string_view> found;
  for (size_t at = 0; at < line.size();) {
    const size_t begin = line.find_first_not_of(" \t\r", at);
    if (begin == std::string_view::npos) break;
    const size_t end = std::min(line.find_first_of(" \t\r", begin), line.size());
    found.push_back(line.substr(begin, end - begin));
    at = end;
  }
  return found;
}

template <class Each>
void for_each_line(std::string_view text, Each each) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    each(words(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

uint16_t load_be16(ByteSpan bytes, size_t at) {
  return static_cast<uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

/// Behind a name, which may end in a pointer; nothing when it goes beyond the message.
std::optional<size_t> skip_name(ByteSpan message, size_t at) {
  while (at < message.size()) {
    const uint8_t length = message[at];
    if (length == 0) return at + 1;
    if (length >= 0xc0) return at + 2;
    at += length + size_t{1};
  }
  return std::nullopt;
}

}  // namespace

EventLoop::Ticket resolve_name(const ResolverWorld& world, const std::string& name,
                               Network::Addresses then) {
  return std::make_unique<Lookup>(world, name, std::move(then));
}

std::vector<IpAddress> find_in_hosts(std::string_view text, std::string_view name) {
  std::vector<IpAddress> found;
  const auto same = [&](std::string_view other) {
    return std::ranges::equal(name, other, [](char a, char b) {
      const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; };
      return lower(a) == lower(b);
    });
  };
  for_each_line(text, [&](const std::vector<std::string_view>& line) {
    if (line.size() < 2 || std::none_of(line.begin() + 1, line.end(), same)) return;
    if (const auto address = IpAddress::parse(line[0])) found.push_back(*address);
  });
  return found;
}

std::vector<IpAddress> find_servers(std::string_view text) {
  std::vector<IpAddress> servers;
  for_each_line(text, [&](const std::vector<std::string_view>& line) {
    if (line.size() < 2 || line[0] != "nameserver") return;
    if (const auto address = IpAddress::parse(line[1])) servers.push_back(*address);
  });
  return servers;
}

std::optional<Bytes> make_query(uint16_t id, std::string_view name, RecordType type) {
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.empty() || name.size() > 253) return std::nullopt;
  const auto number = static_cast<uint16_t>(type);
  Bytes query = {
      static_cast<uint8_t>(id >> 8), static_cast<uint8_t>(id), 1, 0, 0, 1, 0, 0, 0, 0, 0, 0};
  while (!name.empty()) {
    const std::string_view label = name.substr(0, name.find('.'));
    if (label.empty() || label.size() > 63) return std::nullopt;
    query.push_back(static_cast<uint8_t>(label.size()));
    query.insert(query.end(), label.begin(), label.end());
    name.remove_prefix(std::min(label.size() + 1, name.size()));
  }
  query.insert(query.end(),
               {0, static_cast<uint8_t>(number >> 8), static_cast<uint8_t>(number), 0, 1});
  return query;
}

Outcome<std::vector<IpAddress>> read_answer(ByteSpan answer, ByteSpan query, RecordType type) {
  // It repeats the question; letters may come back in another case only from odd servers.
  const bool fits = answer.size() >= query.size() && (answer[2] & 0x80) != 0 &&
                    std::ranges::equal(answer.first(2), query.first(2)) &&
                    std::ranges::equal(answer.subspan(header_bytes, query.size() - header_bytes),
                                       query.subspan(header_bytes));
  if (!fits || load_be16(answer, 4) != 1) return fail(Errno::badmsg);
  const uint8_t code = answer[3] & 0xf;
  if (code == 3) return fail(Errno::noent);
  if (code != 0) return fail(Errno::again);
  std::vector<IpAddress> found;
  size_t at = query.size();
  for (uint16_t left = load_be16(answer, 6); left > 0; --left) {
    const std::optional<size_t> data = skip_name(answer, at);
    if (!data || *data + 10 > answer.size()) break;
    const uint16_t kind = load_be16(answer, *data);
    const uint16_t size = load_be16(answer, *data + 8);
    at = *data + 10 + size;
    if (at > answer.size()) break;
    const size_t wanted = type == RecordType::a ? 4 : 16;
    if (kind != static_cast<uint16_t>(type) || size != wanted) continue;
    IpAddress address{.family = type == RecordType::a ? IpFamily::v4 : IpFamily::v6};
    std::ranges::copy(answer.subspan(*data + 10, wanted), address.bytes.begin());
    found.push_back(address);
  }
  return found;
}

}  // namespace cairn::wasi
