;; A loop that may be entered by compiled code has its operands in slots, constants too. Behind a
;; branch around the loop a constant below must not be read from a slot that only the loop's path
;; has written.

(module
  (func (export "around-if") (param i32) (result i32 i32)
    (i32.const -4)
    (if (local.get 0) (then (loop (nop))))
    (i32.const 7))
  (func (export "around-block") (param i32) (result f64 i64 f32)
    (local i32)
    (f64.const 2.5)
    (i64.const 0x123456789abcdef)
    (f32.const -1)
    (block
      (br_if 0 (local.get 0))
      (loop
        (local.set 1 (i32.add (local.get 1) (i32.const 1)))
        (br_if 0 (i32.lt_u (local.get 1) (i32.const 10))))))
  (func (export "within") (param i32) (result i32)
    (i32.const 1000)
    (loop (param i32) (result i32)
      (i32.const 5)
      (if (i32.and (local.get 0) (i32.const 1)) (then (loop (nop))))
      (i32.add)
      (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
      (br_if 0 (local.get 0))))
)
(assert_return (invoke "around-if" (i32.const 1)) (i32.const -4) (i32.const 7))
(assert_return (invoke "around-if" (i32.const 0)) (i32.const -4) (i32.const 7))
(assert_return (invoke "around-block" (i32.const 0))
  (f64.const 2.5) (i64.const 0x123456789abcdef) (f32.const -1))
(assert_return (invoke "around-block" (i32.const 1))
  (f64.const 2.5) (i64.const 0x123456789abcdef) (f32.const -1))
(assert_return (invoke "within" (i32.const 1)) (i32.const 1005))
(assert_return (invoke "within" (i32.const 600)) (i32.const 4000))
