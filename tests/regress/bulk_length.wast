;; A length beyond every bound is a trap, however much the work would have cost.

(module
  (memory 1) (table 1 funcref) (data $d "abc") (elem $e funcref (ref.null func))
  (func (export "memory.init") (param i32)
    (memory.init $d (i32.const 0) (i32.const 0) (local.get 0)))
  (func (export "memory.fill") (param i32)
    (memory.fill (i32.const 0) (i32.const 0) (local.get 0)))
  (func (export "memory.copy") (param i32)
    (memory.copy (i32.const 0) (i32.const 1) (local.get 0)))
  (func (export "table.init") (param i32)
    (table.init $e (i32.const 0) (i32.const 0) (local.get 0)))
)
(assert_trap (invoke "memory.init" (i32.const -1)) "out of bounds memory access")
(assert_trap (invoke "memory.fill" (i32.const -1)) "out of bounds memory access")
(assert_trap (invoke "memory.copy" (i32.const -1)) "out of bounds memory access")
(assert_trap (invoke "table.init" (i32.const -1)) "out of bounds table access")
(assert_return (invoke "memory.init" (i32.const 3)))
