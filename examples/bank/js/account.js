// The account of ../account.cpp in JavaScript: the same world, the same messages, the same states.
// What `console` prints are lines of its log, and the clock shows when the message came.

import { publish, send } from "cairn:actor/messaging@0.1.0";

const most_at_once = 1_000_000;
const texts = { encoder: new TextEncoder(), decoder: new TextDecoder() };

const payload = (text, tag) => ({ data: texts.encoder.encode(text), mediaType: { tag } });
const json_payload = (value) => payload(JSON.stringify(value), "json");

/** An object, or undefined. */
function json_of({ data }) {
  try {
    const value = JSON.parse(texts.decoder.decode(data));
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function account_of(state) {
  const { owner = "nobody", balance = 0 } = json_of(state) ?? {};
  return { owner, balance };
}

const amount_of = (order) => order.deposit ?? order.withdraw ?? order.transfer;

export const handler = {
  init(argument) {
    return json_payload(account_of(argument));
  },

  handle(message, state) {
    const account = account_of(state);
    const order = json_of(message.payload); // the contract has looked at it
    console.log(`${new Date().toISOString()}: ${account.owner} is told ${JSON.stringify(order)}`);
    if (order.crash) throw new Error("as it was told");
    const amount = amount_of(order) ?? 0;
    const by = order.deposit === undefined ? -amount : amount;
    account.balance += by;
    // These go out when the new balance is on the disk, and never if it is refused.
    if (order.transfer) send(order.to, json_payload({ deposit: amount }));
    if (by !== 0) publish("bank.movements", payload(String(by), "text"));
    return { state: json_payload(account), reply: json_payload(account) };
  },
};

// What is thrown here is the error of the contract: a code, and why.

export const messageContract = {
  check({ payload }) {
    const order = json_of(payload);
    if (!order) throw { code: "no-order", message: 'this is not like {"deposit": 50}' };
    const amount = amount_of(order);
    if (amount === undefined && !order.balance && !order.crash) {
      throw {
        code: "no-order",
        message: "an account knows deposit, withdraw, transfer, balance and crash",
      };
    }
    if (amount !== undefined && !(Number.isInteger(amount) && amount > 0 && amount <= most_at_once)) {
      throw { code: "no-amount", message: `an amount is 1 to ${most_at_once}` };
    }
    if (order.transfer !== undefined && typeof order.to !== "string") {
      throw { code: "no-receiver", message: 'a transfer is "to" somebody' };
    }
  },
};

export const stateContract = {
  check(state) {
    const { balance } = account_of(state);
    if (balance < 0) throw { code: "overdrawn", message: `the balance would be ${balance}` };
  },
};
