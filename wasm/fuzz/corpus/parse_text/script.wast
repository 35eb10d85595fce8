(module definition $M (func (export "f") (result i32) (i32.const 1))) (module instance $I $M) (register "i" $I)
(assert_return (invoke $I "f") (either (i32.const 1) (f32.const nan:canonical))) (assert_malformed (module quote "(func") "x")
(thread $T (shared (module $M)) (invoke "f" (v128.const f32x4 1 nan:arithmetic 2 3) (ref.extern 1))) (wait $T)
