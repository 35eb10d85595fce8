#include "interp/testing.hpp"

namespace cairn::engine::testing {

namespace {

constexpr Program all[] = {
    {"Loop", 1000, 499500, R"((module
      (func (export "run") (param $n i32) (result i64) (local $i i32) (local $sum i64)
        (loop $again
          (local.set $sum (i64.add (local.get $sum) (i64.extend_i32_u (local.get $i))))
          (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))
                                  (local.get $n))))
        (local.get $sum))))"},

    {"Recursion", 12, 144, R"((module
      (func $fib (param $n i32) (result i64)
        (if (result i64) (i32.lt_u (local.get $n) (i32.const 2))
          (then (i64.extend_i32_u (local.get $n)))
          (else (i64.add (call $fib (i32.sub (local.get $n) (i32.const 1)))
                         (call $fib (i32.sub (local.get $n) (i32.const 2)))))))
      (func (export "run") (param i32) (result i64) (call $fib (local.get 0)))))"},

    // Two functions in turn, by table and by reference; two values around the loop.
    {"Indirect", 200, 54850, R"((module
      (type $f (func (param i64 i64) (result i64 i64)))
      (table funcref (elem $a $b))
      (func $a (type $f) (i64.add (local.get 0) (local.get 1)) (i64.add (local.get 1) (i64.const 1)))
      (func $b (type $f) (i64.add (local.get 0) (i64.const 100)) (local.get 1))
      (func (export "run") (param $n i32) (result i64) (local $i i32)
        (i64.const 0) (i64.const 0)
        (loop $again (param i64 i64) (result i64 i64)
          (call_indirect (type $f) (i32.and (local.get $i) (i32.const 1)))
          (call_ref $f (ref.func $a))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $again (i32.lt_u (local.get $i) (local.get $n))))
        (drop))))"},

    {"TailCalls", 300, 45150, R"((module
      (type $f (func (param i32 i64) (result i64)))
      (table funcref (elem $direct $through_table $through_ref))
      (func $direct (type $f)
        (if (i32.eqz (local.get 0)) (then (return (local.get 1))))
        (return_call $through_table (i32.sub (local.get 0) (i32.const 1))
          (i64.add (local.get 1) (i64.extend_i32_u (local.get 0)))))
      (func $through_table (type $f)
        (if (i32.eqz (local.get 0)) (then (return (local.get 1))))
        (return_call_indirect (type $f) (i32.sub (local.get 0) (i32.const 1))
          (i64.add (local.get 1) (i64.extend_i32_u (local.get 0))) (i32.const 2)))
      (func $through_ref (type $f)
        (if (i32.eqz (local.get 0)) (then (return (local.get 1))))
        (return_call_ref $f (i32.sub (local.get 0) (i32.const 1))
          (i64.add (local.get 1) (i64.extend_i32_u (local.get 0))) (ref.func $direct)))
      (func (export "run") (param i32) (result i64)
        (call $direct (local.get 0) (i64.const 0)))))"},

    // A small bytecode machine: br_table with a value, and several ways to one label.
    {"Table", 500, 835, R"((module
      (func (export "run") (param $n i32) (result i64) (local $sum i64) (local $i i32)
        (loop $again
          (local.set $sum (i64.add (local.get $sum)
            (block $two (result i64)
              (block $one (result i64)
                (block $zero (result i64)
                  (br_table $zero $one $two (i64.const 0)
                    (i32.rem_u (local.get $i) (i32.const 3))))
                (drop) (br $two (i64.const 4)))
              (drop) (i64.const 1))))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $again (i32.ne (local.get $i) (local.get $n))))
        (local.get $sum))))"},

    {"Exceptions", 150, 22350, R"((module
      (tag $odd (param i64)) (tag $even (param i64 i32))
      (func $throws (param $i i32)
        (if (i32.and (local.get $i) (i32.const 1))
          (then (throw $odd (i64.extend_i32_u (local.get $i)))))
        (throw $even (i64.extend_i32_u (local.get $i)) (local.get $i)))
      (func $again (param $i i32)
        (block $caught (result exnref)
          (try_table (catch_all_ref $caught) (call $throws (local.get $i)))
          (unreachable))
        (throw_ref))
      (func (export "run") (param $n i32) (result i64) (local $sum i64) (local $i i32)
        (loop $next
          (block $done
            (block $is_even (result i64 i32)
              (block $is_odd (result i64)
                (try_table (catch $odd $is_odd) (catch $even $is_even) (call $again (local.get $i)))
                (br $done))
              (local.set $sum (i64.add (local.get $sum)))
              (br $done))
            (drop) (i64.const 2) (i64.mul)
            (local.set $sum (i64.add (local.get $sum))))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $next (i32.lt_u (local.get $i) (local.get $n))))
        (i64.add (local.get $sum) (i64.mul (i64.const 75) (i64.const 75))))))"},

    {"Bulk", 20, 20 * 0x41, R"((module
      (memory 2)
      (data $bytes "ABCDEFGH")
      (func (export "run") (param $n i32) (result i64) (local $sum i64) (local $i i32)
        (loop $again
          (memory.fill (i32.const 0) (i32.const 7) (i32.const 100000))
          (memory.init $bytes (i32.const 64) (i32.const 0) (i32.const 8))
          (memory.copy (i32.const 65) (i32.const 64) (i32.const 70000))
          (local.set $sum (i64.add (local.get $sum) (i64.load8_u (i32.const 65))))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $again (i32.lt_u (local.get $i) (local.get $n))))
        (local.get $sum))))"},

    {"Host", 50, 100, R"((module
      (import "host" "next" (func $next (param i64) (result i64)))
      (table funcref (elem $next))
      (type $f (func (param i64) (result i64)))
      (func $tail (param i64) (result i64) (return_call $next (local.get 0)))
      (func (export "run") (param $n i32) (result i64) (local $x i64)
        (loop $again
          (local.set $x (call $tail (local.get $x)))
          (local.set $x (call_indirect (type $f) (local.get $x) (i32.const 0)))
          (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $x))))"},

    // Lists that are built, walked and dropped, with references in locals, on the stack across
    // calls, in select, br_on_null and exceptions.
    {"Heap", 30, 13950, R"((module
      (type $list (struct (field $value i64) (field $next (mut (ref null $list)))))
      (type $pair (array (mut (ref null $list))))
      (tag $wrapped (param (ref null $list)))
      (func $make (param $n i32) (result (ref null $list)) (local $head (ref null $list))
        (loop $again
          (if (local.get $n)
            (then
              (local.set $head (struct.new $list (i64.extend_i32_u (local.get $n)) (local.get $head)))
              (local.set $n (i32.sub (local.get $n) (i32.const 1)))
              (br $again))))
        (local.get $head))
      (func $sum (param $at (ref null $list)) (result i64) (local $sum i64)
        (block $end
          (loop $again
            (local.set $sum (i64.add (local.get $sum)
              (struct.get $list $value (br_on_null $end (local.get $at)))))
            (local.set $at (struct.get $list $next (local.get $at)))
            (br $again)))
        (local.get $sum))
      (func $wrap (param $n i32) (throw $wrapped (call $make (local.get $n))))
      (func $unwrap (param $n i32) (result (ref null $list))
        (block $caught (result (ref null $list))
          (try_table (catch $wrapped $caught) (call $wrap (local.get $n)))
          (unreachable)))
      (func (export "run") (param $n i32) (result i64) (local $i i32) (local $sum i64)
        (loop $again
          (call $make (local.get $i))
          (call $unwrap (local.get $i))
          (select (result (ref null $list)) (i32.and (local.get $i) (i32.const 1)))
          (array.new_fixed $pair 2 (call $make (local.get $i)))
          (array.get $pair (i32.and (local.get $i) (i32.const 1)))
          (call $sum)
          (call $sum (call $make (local.get $i)))
          (local.set $sum (i64.add (local.get $sum) (i64.add)))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $again (i32.lt_u (local.get $i) (local.get $n))))
        (i64.add (local.get $sum) (i64.const 4960)))))"},
};

}  // namespace

std::span<const Program> programs() { return all; }

}  // namespace cairn::engine::testing
