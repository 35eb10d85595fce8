%% The work of actor/bench with Erlang processes: the same batches, the same time-outs, counted when
%% it is delivered. Prints one line of JSON.
%%
%%   erl -noinput +S WORKERS:WORKERS -pa FOLDER -run actors main WORKLOAD
-module(actors).
-behaviour(supervisor).
-export([main/1, init/1, start_crashing/2]).

-define(TIMEOUT, 1000).

main([Workload]) ->
    logger:set_primary_config(level, none),
    Line = workload(Workload),
    io:put_chars([Line, $\n]),
    halt(0).

workload("spawn_batch") -> spawn_batch();
workload("full_lifecycle") -> full_lifecycle();
workload("restart") -> restart();
workload("idle_memory") -> idle_memory();
workload("one_to_one") -> one_to_one();
workload("many_to_many") -> many_to_many();
workload("ping_pong") -> ping_pong();
workload("publish_to_100") -> publish_to_100();
workload("lookup_" ++ Count) -> lookup(list_to_integer(Count)).

%% The first batch warms up and does not count.
measure(Operations, Batch) -> measure(Operations, Batch, fun() -> ok end).
measure(Operations, Batch, After) ->
    Batch(),
    After(),
    Times = times(Batch, After, 0, 1, []),
    Sorted = lists:sort(Times),
    Count = length(Sorted),
    Each = fun(At) -> lists:nth(At + 1, Sorted) / Operations end,
    io_lib:format("{\"p50_ns\": ~.3f, \"p99_ns\": ~.3f, \"per_s\": ~.1f}",
                  [Each(Count div 2), Each((Count - 1) * 99 div 100),
                   1.0e9 * Operations * Count / lists:sum(Times)]).

times(_, _, Sum, Round, Times) when Round >= 1000; Round >= 6, Sum >= 500000000 -> Times;
times(Batch, After, Sum, Round, Times) ->
    Start = erlang:monotonic_time(nanosecond),
    Batch(),
    Time = erlang:monotonic_time(nanosecond) - Start,
    After(),
    times(Batch, After, Sum + Time, Round + 1, [Time | Times]).

%% Tells Main `Text` at each multiple of `Target`.
count(Counter, Target, Main, Text) ->
    case atomics:add_get(Counter, 1, 1) rem Target of
        0 -> Main ! Text, ok;
        _ -> ok
    end.

await(Text) -> receive Text -> ok end.

%% --- lives ---

idle(Ready, Ended, Count, Main) ->
    count(Ready, Count, Main, ready),
    receive stop -> count(Ended, Count, Main, ended) end.

spawn_idle(0, _) -> [];
spawn_idle(Count, Life) -> [spawn(Life) | spawn_idle(Count - 1, Life)].

spawn_batch() ->
    Count = 100000,
    Main = self(),
    Ready = atomics:new(1, []),
    Ended = atomics:new(1, []),
    Life = fun() -> idle(Ready, Ended, Count, Main) end,
    measure(Count,
            fun() -> put(actors, spawn_idle(Count, Life)), await(ready) end,
            fun() -> [Pid ! stop || Pid <- erase(actors)], await(ended) end).

full_lifecycle() ->
    Count = 10000,
    Main = self(),
    Ended = atomics:new(1, []),
    Hook = fun(State) -> State end,
    Life = fun() ->
        Started = Hook(Hook(started)),
        self() ! stop,
        receive stop -> ok end,
        Hook(Hook(Started)),
        count(Ended, Count, Main, ended)
    end,
    measure(Count, fun() -> spawn_idle(Count, Life), await(ended) end).

%% A supervisor of OTP, one_for_one.
init({Left, Main}) ->
    {ok, {#{strategy => one_for_one, intensity => 1000000000, period => 1},
          [#{id => crashing, start => {?MODULE, start_crashing, [Left, Main]}}]}}.

start_crashing(Left, Main) ->
    Life = fun() ->
        case atomics:sub_get(Left, 1, 1) of
            Now when Now < 0 -> Main ! {ready, self()};
            _ -> self() ! crash
        end,
        receive crash -> exit(crash) end
    end,
    {ok, spawn_link(Life)}.

restart() ->
    Count = 1000,
    Left = atomics:new(1, [{signed, true}]),
    {ok, _} = supervisor:start_link(?MODULE, {Left, self()}),
    measure(Count, fun() ->
        Pid = receive {ready, Ready} -> Ready end,
        atomics:put(Left, 1, Count - 1),
        Pid ! crash,
        receive {ready, Next} -> self() ! {ready, Next} end
    end).

%% Registered names, looked up by two processes at the same time.
lookup(Count) ->
    Lookups = 100000,
    Main = self(),
    Names = list_to_tuple([list_to_atom("actor-" ++ integer_to_list(At))
                           || At <- lists:seq(1, Count)]),
    [register(element(At, Names), spawn(fun() -> receive stop -> ok end end))
     || At <- lists:seq(1, Count)],
    Lookers = [looker([element(rand:uniform(Count), Names) || _ <- lists:seq(1, Lookups)], Main)
               || _ <- [1, 2]],
    measure(Lookups, fun() ->
        [Pid ! look || Pid <- Lookers],
        [await({looked, Pid}) || Pid <- Lookers]
    end).

looker(Keys, Main) -> spawn_link(fun() -> look(Keys, Main) end).
look(Keys, Main) ->
    receive look -> ok end,
    whereis_all(Keys),
    Main ! {looked, self()},
    look(Keys, Main).
whereis_all([]) -> ok;
whereis_all([Key | Keys]) ->
    true = is_pid(whereis(Key)),
    whereis_all(Keys).

idle_memory() ->
    Count = 1000000,
    Main = self(),
    Ready = atomics:new(1, []),
    Life = fun() -> idle(Ready, Ready, Count, Main) end,
    Before = resident_bytes(),
    put(actors, spawn_idle(Count, Life)),
    await(ready),
    io_lib:format("{\"bytes_each\": ~.1f}", [(resident_bytes() - Before) / Count]).

resident_bytes() ->
    Line = os:cmd("cat /proc/" ++ os:getpid() ++ "/statm"),
    list_to_integer(lists:nth(2, string:lexemes(Line, " "))) * 4096.

%% --- messages ---

counting(Expected, Main) -> counting(Expected, Expected, Main).
counting(0, Expected, Main) -> Main ! handled, counting(Expected, Expected, Main);
counting(Left, Expected, Main) -> receive Number when is_integer(Number) -> ok end,
    counting(Left - 1, Expected, Main).

source(Targets) ->
    receive {send, Count} -> send(Targets, Targets, Count) end,
    source(Targets).
send(_, _, 0) -> ok;
send([], All, Count) -> send(All, All, Count);
send([Target | Rest], All, Count) -> Target ! Count, send(Rest, All, Count - 1).

one_to_one() -> many(1, 100000).
many_to_many() -> many(100, 2000).
many(Actors, Each) ->
    Main = self(),
    Sinks = [spawn_link(fun() -> counting(Each, Main) end) || _ <- lists:seq(1, Actors)],
    Sources = [spawn_link(fun() -> source(Sinks) end) || _ <- lists:seq(1, Actors)],
    measure(Actors * Each, fun() ->
        [Source ! {send, Each} || Source <- Sources],
        [await(handled) || _ <- Sources]
    end).

ping_pong() ->
    Count = 1000,
    Main = self(),
    Echo = spawn_link(fun Loop() -> receive {From, Ref, Value} -> From ! {Ref, Value} end, Loop() end),
    Asker = spawn_link(fun Loop() -> receive {ask, Left} -> ask(Echo, Left) end, Main ! done, Loop() end),
    measure(Count, fun() -> Asker ! {ask, Count}, await(done) end).

ask(_, 0) -> ok;
ask(Echo, Left) ->
    Ref = make_ref(),
    Echo ! {self(), Ref, Left},
    receive {Ref, Left} -> ask(Echo, Left - 1)
    after ?TIMEOUT -> exit(timeout)
    end.

%% Groups of processes: pg, of OTP.
publish_to_100() ->
    Subscribers = 100,
    Count = 100,
    Main = self(),
    {ok, _} = pg:start_link(),
    Handled = atomics:new(1, []),
    Publisher = spawn_link(fun() -> publisher(Main) end),
    [spawn_link(fun() ->
        ok = pg:join(topic, self()),
        Main ! joined,
        subscriber(Handled, Subscribers, Publisher)
     end) || _ <- lists:seq(1, Subscribers)],
    [await(joined) || _ <- lists:seq(1, Subscribers)],
    measure(Count, fun() -> Publisher ! Count, await(done) end).

publisher(Main) ->
    receive
        0 -> Main ! done;
        Left -> [Pid ! Left || Pid <- pg:get_members(topic)]
    end,
    publisher(Main).

subscriber(Handled, All, Publisher) ->
    receive Left -> ok end,
    case atomics:add_get(Handled, 1, 1) rem All of
        0 -> Publisher ! Left - 1;
        _ -> ok
    end,
    subscriber(Handled, All, Publisher).
