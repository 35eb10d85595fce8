(module (rec (type $l (sub (struct (field $v (mut i32)) (field $n (ref null $l)))))) (type $a (array (mut i8)))
  (func (param (ref null $l)) (result i32) (struct.get $l $v (ref.as_non_null (local.get 0))))
  (func (drop (array.new_fixed $a 2 (i32.const 1) (i32.const 2))) (drop (ref.test (ref $l) (ref.null none)))))
