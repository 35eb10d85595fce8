(tag $e (param i32)) (func try $t try nop delegate $t catch $e drop rethrow 0 catch_all end (try (do (throw $e (i32.const 1))) (catch $e drop)))
