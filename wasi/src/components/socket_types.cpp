#include "components/socket_types.hpp"

namespace cairn::wasi {

NetError net_error(Errno code) {
  switch (code) {
    case Errno::acces:
    case Errno::perm: return NetError::access_denied;
    case Errno::notsup:
    case Errno::noprotoopt:
    case Errno::protonosupport:
    case Errno::prototype: return NetError::not_supported;
    case Errno::inval:
    case Errno::destaddrreq:
    case Errno::afnosupport: return NetError::invalid_argument;
    case Errno::nomem:
    case Errno::nobufs: return NetError::out_of_memory;
    case Errno::timedout: return NetError::timeout;
    case Errno::inprogress: return NetError::concurrency_conflict;
    case Errno::already: return NetError::not_in_progress;
    case Errno::again: return NetError::would_block;
    case wrong_state:
    case Errno::notconn: return NetError::invalid_state;
    case Errno::mfile:
    case Errno::nfile: return NetError::new_socket_limit;
    case Errno::addrnotavail: return NetError::address_not_bindable;
    case Errno::addrinuse: return NetError::address_in_use;
    case Errno::hostunreach:
    case Errno::netdown:
    case Errno::netunreach: return NetError::remote_unreachable;
    case Errno::connrefused: return NetError::connection_refused;
    case Errno::connreset: return NetError::connection_reset;
    case Errno::connaborted: return NetError::connection_aborted;
    case Errno::msgsize: return NetError::datagram_too_large;
    case Errno::pipe: return NetError::connection_broken;
    default: return NetError::unknown;
  }
}

NetError lookup_error(Errno code) {
  switch (code) {
    case Errno::noent: return NetError::name_unresolvable;
    case Errno::again: return NetError::temporary_resolver_failure;
    case Errno::acces: return NetError::access_denied;
    case Errno::inval: return NetError::invalid_argument;
    default: return NetError::permanent_resolver_failure;
  }
}

}  // namespace cairn::wasi

namespace cairn::component {

using wasi::NetError;

Value Typed<wasi::Net2::Error>::to_value(wasi::Net2::Error value) {
  // It has no word for a broken connection but this.
  const bool broken = value.code == NetError::connection_broken;
  return Value::variant(static_cast<uint32_t>(broken ? NetError::connection_aborted : value.code));
}

Value Typed<wasi::Net3::Error>::to_value(wasi::Net3::Error value) {
  constexpr NetError cases[] = {
      NetError::access_denied,        NetError::not_supported,     NetError::invalid_argument,
      NetError::out_of_memory,        NetError::timeout,           NetError::invalid_state,
      NetError::address_not_bindable, NetError::address_in_use,    NetError::remote_unreachable,
      NetError::connection_refused,   NetError::connection_broken, NetError::connection_reset,
      NetError::connection_aborted,   NetError::datagram_too_large};
  for (uint32_t i = 0; i < std::size(cases); ++i)
    if (cases[i] == value.code) return Value::variant(i);
  return Value::variant(std::size(cases), Value::variant(0));
}

Value Typed<wasi::LookupError>::to_value(wasi::LookupError value) {
  switch (value.code) {
    case NetError::access_denied: return Value::variant(0);
    case NetError::invalid_argument: return Value::variant(1);
    case NetError::name_unresolvable: return Value::variant(2);
    case NetError::temporary_resolver_failure: return Value::variant(3);
    case NetError::permanent_resolver_failure: return Value::variant(4);
    default: return Value::variant(5, Value::variant(0));
  }
}

namespace {

using wasi::IpAddress;
using wasi::IpFamily;

/// Is it a variant of two cases, each with a payload of so many parts?
bool is_pair(const Types& types, ValType type, size_t v4_parts, size_t v6_parts) {
  const ValTypeInfo& info = types[type];
  if (info.kind != ValKind::variant || info.parts.size() != 2) return false;
  if (!info.parts[0].type || !info.parts[1].type) return false;
  return types[*info.parts[0].type].parts.size() == v4_parts &&
         types[*info.parts[1].type].parts.size() == v6_parts;
}

/// Four bytes, or eight numbers of two.
Value parts_of(const IpAddress& address) {
  Value::Sequence parts;
  if (address.family == IpFamily::v4) {
    for (size_t i = 0; i < 4; ++i) parts.push_back(Value::number(uint64_t{address.bytes[i]}));
  } else {
    for (size_t i = 0; i < 16; i += 2)
      parts.push_back(Value::number(uint64_t{address.bytes[i]} << 8 | address.bytes[i + 1]));
  }
  return Value::sequence(std::move(parts));
}

IpAddress from_parts(IpFamily family, const Value& value) {
  IpAddress address{.family = family};
  size_t at = 0;
  for (const Value& part : value.items()) {
    if (family == IpFamily::v6) address.bytes[at++] = static_cast<uint8_t>(part.number() >> 8);
    address.bytes[at++] = static_cast<uint8_t>(part.number());
  }
  return address;
}

}  // namespace

bool Typed<IpAddress>::matches(const Types& types, ValType type) {
  return is_pair(types, type, 4, 8);
}
Value Typed<IpAddress>::to_value(const IpAddress& address) {
  return Value::variant(static_cast<uint32_t>(address.family), parts_of(address));
}
IpAddress Typed<IpAddress>::from_value(const Value& value) {
  return from_parts(static_cast<IpFamily>(value.variant().index), value.variant().payload[0]);
}

bool Typed<wasi::SocketAddress>::matches(const Types& types, ValType type) {
  return is_pair(types, type, 2, 4);
}
Value Typed<wasi::SocketAddress>::to_value(const wasi::SocketAddress& address) {
  Value::Sequence fields;
  fields.push_back(Value::number(uint64_t{address.port}));
  if (address.ip.family == IpFamily::v6)
    fields.push_back(Value::number(uint64_t{address.flow_info}));
  fields.push_back(parts_of(address.ip));
  if (address.ip.family == IpFamily::v6)
    fields.push_back(Value::number(uint64_t{address.scope_id}));
  return Value::variant(static_cast<uint32_t>(address.ip.family),
                        Value::sequence(std::move(fields)));
}
wasi::SocketAddress Typed<wasi::SocketAddress>::from_value(const Value& value) {
  const auto family = static_cast<IpFamily>(value.variant().index);
  const Value::Sequence& fields = value.variant().payload[0].items();
  wasi::SocketAddress address;
  address.port = static_cast<uint16_t>(fields[0].number());
  address.ip = from_parts(family, fields[family == IpFamily::v4 ? 1 : 2]);
  if (family == IpFamily::v6) {
    address.flow_info = static_cast<uint32_t>(fields[1].number());
    address.scope_id = static_cast<uint32_t>(fields[3].number());
  }
  return address;
}

}  // namespace cairn::component
