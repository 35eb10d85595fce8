// An account. What it is told: {"deposit": 50}, {"withdraw": 20}, {"transfer": 30, "to": "bob"},
// {"balance": true} and, to see what becomes of it, {"crash": true}.
//
// Its state is a value, {"owner": "Alice", "balance": 100}, that goes from message to message. The
// contracts at the end say what may come in and what may never be; Cairn asks them each time, and
// keeps nothing that they refuse.

#include "bank_account.hpp"
#include "json.hpp"

namespace {

using cairn::actor::types::Error;
using cairn::actor::types::MediaType;
using cairn::actor::types::Message;
using cairn::actor::types::Payload;

constexpr int64_t most_at_once = 1'000'000;

Payload payload(const std::string& text, MediaType type) {
  return {.data = {text.begin(), text.end()}, .media_type = type};
}
Payload json_payload(const std::string& text) {
  return payload(text, MediaType(std::in_place_index<MediaType::json>));
}
std::optional<Json> json_of(const Payload& payload) {
  return Json::parse({reinterpret_cast<const char*>(payload.data.data()), payload.data.size()});
}

struct Account {
  std::string owner;
  int64_t balance = 0;

  static Account of(const Payload& state) {
    const auto json = json_of(state);
    if (!json) return {};
    return {.owner = json->text("owner").value_or("nobody"),
            .balance = json->number("balance").value_or(0)};
  }
  Payload state() const {
    return json_payload("{\"owner\":\"" + owner + "\",\"balance\":" + std::to_string(balance) +
                        "}");
  }
};

std::optional<int64_t> amount_of(const Json& order) {
  for (const char* const what : {"deposit", "withdraw", "transfer"})
    if (order.text(what)) return order.number(what).value_or(0);
  return std::nullopt;
}

}  // namespace

namespace exports::cairn::actor::handler {

std::expected<Payload, Error> init(Payload argument) { return Account::of(argument).state(); }

std::expected<Outcome, Error> handle(Message message, Payload state) {
  Account account = Account::of(state);
  const Json order = *json_of(message.payload);  // the contract has looked at it
  if (order.text("crash")) __builtin_trap();
  const int64_t amount = amount_of(order).value_or(0);
  const int64_t by = order.text("deposit") ? amount : -amount;
  account.balance += by;
  // These go out when the new balance is on the disk, and never if it is refused.
  if (order.text("transfer")) {
    ::cairn::actor::messaging::send(*order.text("to"),
                                    json_payload("{\"deposit\":" + std::to_string(amount) + "}"));
  }
  if (by != 0) {
    ::cairn::actor::messaging::publish(
        "bank.movements",
        payload(std::to_string(by), MediaType(std::in_place_index<MediaType::text>)));
  }
  return Outcome{.state = account.state(), .reply = account.state()};
}

}  // namespace exports::cairn::actor::handler

namespace exports::cairn::actor::message_contract {

std::expected<void, Error> check(Message message, Payload) {
  const auto order = json_of(message.payload);
  if (!order) return std::unexpected(Error{"no-order", "this is not like {\"deposit\": 50}"});
  const auto amount = amount_of(*order);
  if (!amount && !order->text("balance") && !order->text("crash")) {
    return std::unexpected(
        Error{"no-order", "an account knows deposit, withdraw, transfer, balance and crash"});
  }
  if (amount && (*amount <= 0 || *amount > most_at_once)) {
    return std::unexpected(Error{"no-amount", "an amount is 1 to " + std::to_string(most_at_once)});
  }
  if (order->text("transfer") && !order->text("to"))
    return std::unexpected(Error{"no-receiver", "a transfer is \"to\" somebody"});
  return {};
}

}  // namespace exports::cairn::actor::message_contract

namespace exports::cairn::actor::state_contract {

std::expected<void, Error> check(Payload state) {
  const Account account = Account::of(state);
  if (account.balance >= 0) return {};
  return std::unexpected(
      Error{"overdrawn", "the balance would be " + std::to_string(account.balance)});
}

}  // namespace exports::cairn::actor::state_contract
