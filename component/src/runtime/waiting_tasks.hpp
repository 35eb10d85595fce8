#pragma once
/// A component for tests of the scheduler.

#include <string_view>

namespace cairn::component {

/// `spawn(kind, n)` starts n tasks. Each waits in its own way: 0 in a callback, for a call of
/// `later` of the host; 1 in such a call, on a stack of its own; 2 three times for nothing but its
/// turn. Those that have ended are counted: `done`.
inline constexpr std::string_view waiting_tasks = R"((component
  (import "later" (func $later async (result u32)))
  (component $Worker
    (import "later" (func $later async (result u32)))
    (core module $Memory (memory (export "mem") 1))
    (core instance $memory (instantiate $Memory))
    (alias core export $memory "mem" (core memory $mem))
    (core func $start (canon lower (func $later) async (memory $mem)))
    (core func $later' (canon lower (func $later)))
    (core func $new (canon waitable-set.new))
    (core func $join (canon waitable.join))
    (core func $drop (canon subtask.drop))
    (core func $set-drop (canon waitable-set.drop))
    (core func $return (canon task.return))
    (core func $get (canon context.get i32 0))
    (core func $set (canon context.set i32 0))
    (core module $M
      (import "" "mem" (memory 1))
      (import "" "start" (func $start (param i32) (result i32)))
      (import "" "later" (func $later (result i32)))
      (import "" "new" (func $new (result i32)))
      (import "" "join" (func $join (param i32 i32)))
      (import "" "drop" (func $drop (param i32)))
      (import "" "set-drop" (func $set-drop (param i32)))
      (import "" "return" (func $return))
      (import "" "get" (func $get (result i32)))
      (import "" "set" (func $set (param i32)))
      (global $done (mut i32) (i32.const 0))
      (func $end
        (global.set $done (i32.add (global.get $done) (i32.const 1)))
        (call $return))
      (func (export "in-callback") (result i32) (local i32 i32)
        (local.set 0 (call $start (i32.const 16)))
        (if (i32.eq (i32.and (local.get 0) (i32.const 15)) (i32.const 2))
          (then (call $end) (return (i32.const 0))))
        (call $set (local.tee 1 (call $new)))
        (call $join (i32.shr_u (local.get 0) (i32.const 4)) (local.get 1))
        (i32.or (i32.const 2) (i32.shl (local.get 1) (i32.const 4))))
      (func (export "event") (param i32 i32 i32) (result i32)
        (if (i32.ne (local.get 0) (i32.const 1)) (then unreachable))
        (call $drop (local.get 1))
        (call $set-drop (call $get))
        (call $end)
        (i32.const 0))
      (func (export "on-stack") (drop (call $later)) (call $end))
      (func (export "yield") (result i32) (call $set (i32.const 3)) (i32.const 1))
      (func (export "yielded") (param i32 i32 i32) (result i32)
        (call $set (i32.sub (call $get) (i32.const 1)))
        (if (call $get) (then (return (i32.const 1))))
        (call $end)
        (i32.const 0))
      (func (export "done") (result i32) (global.get $done)))
    (core instance $m (instantiate $M (with "" (instance
      (export "mem" (memory $mem)) (export "start" (func $start)) (export "later" (func $later'))
      (export "new" (func $new)) (export "join" (func $join)) (export "drop" (func $drop))
      (export "set-drop" (func $set-drop)) (export "return" (func $return))
      (export "get" (func $get)) (export "set" (func $set))))))
    (func (export "in-callback") async
      (canon lift (core func $m "in-callback") async (callback (core func $m "event"))))
    (func (export "on-stack") async (canon lift (core func $m "on-stack") async))
    (func (export "yield") async
      (canon lift (core func $m "yield") async (callback (core func $m "yielded"))))
    (func (export "done") (result u32) (canon lift (core func $m "done"))))
  (instance $w (instantiate $Worker (with "later" (func $later))))
  (core func $in-callback (canon lower (func $w "in-callback") async))
  (core func $on-stack (canon lower (func $w "on-stack") async))
  (core func $yield (canon lower (func $w "yield") async))
  (core module $Spawner
    (import "" "in-callback" (func $in-callback (result i32)))
    (import "" "on-stack" (func $on-stack (result i32)))
    (import "" "yield" (func $yield (result i32)))
    (type $task (func (result i32)))
    (table funcref (elem $in-callback $on-stack $yield))
    (func (export "spawn") (param i32 i32)
      (loop $l
        (br_if 1 (i32.eqz (local.get 1)))
        (drop (call_indirect (type $task) (local.get 0)))
        (local.set 1 (i32.sub (local.get 1) (i32.const 1)))
        (br $l))))
  (core instance $s (instantiate $Spawner (with "" (instance
    (export "in-callback" (func $in-callback)) (export "on-stack" (func $on-stack))
    (export "yield" (func $yield))))))
  (func (export "spawn") (param "kind" u32) (param "n" u32) (canon lift (core func $s "spawn")))
  (func (export "done") (alias export $w "done"))))";

}  // namespace cairn::component
