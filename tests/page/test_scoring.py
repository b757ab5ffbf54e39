"""What the page's modules do with answers: scoring, counting, pace; the source is a function that answers as told."""

from browsers import LOOKS_AT_PAGES

pytestmark = LOOKS_AT_PAGES
SCORED = """async ([rows, models, wrong]) => {
    const { Scoring } = await load("scoring");
    const { counts } = await load("file_counts");
    delete AbortSignal.any; // which browsers have had for a shorter time than all else that the page needs
    const answer = (name, text) => wrong[name]?.[text] ?? { label: "10", probabilities: { 2: 0.25, 10: 0.75 } };
    const source = { predict: async (name, texts) => texts.map((text) => answer(name, text)) };
    const known = models.map((name) => ({ name, labels: ["10", "2"] }));
    const scoring = new Scoring(source, known, rows.length, (_, row) => rows[row]);
    await scoring.run(new AbortController().signal, () => {});
    const before = { done: scoring.done, passing: scoring.passing };
    const shown = counts(scoring, { place: (row) => String(row + 2) }).map((one) => one.textContent);
    for (const name of models) wrong[name] = {};
    await scoring.run(new AbortController().signal, () => {});
    return { before, shown: shown.slice(1), after: { done: scoring.done, passing: scoring.passing } };
}"""


def test_remarks_count_rows_and_group_errors_by_what_they_say(call):
    wrong = {"b": {"x": {"error": "too long"}, "y": {"error": "no token"}}}
    rows = ["x", "y", "x", None, "z"]
    one = call(SCORED, [rows, ["b"], wrong])
    assert [said.split(".")[0] for said in one["shown"]] == [
        "1 row without a text, left empty",
        "2 rows left empty (the first is row 2): too long",
        "1 row left empty (row 3): no token",
    ]
    two = call(SCORED, [rows, ["a", "b"], wrong])
    assert {said.partition(":")[0] for said in two["shown"][1:]} == {"a", "b"}
    assert sum("without a text" in said for said in two["shown"]) == 2
    alike = call(SCORED, [rows, ["a", "b"], {"a": wrong["b"], "b": wrong["b"]}])
    assert sum("too long" in said for said in alike["shown"]) == 1


def test_only_what_failed_for_a_passing_reason_is_asked_again(call):
    late, long = {"error": "too late", "again": True}, {"error": "too long"}
    found = call(SCORED, [["x", "y", "z"], ["a"], {"a": {"x": late, "y": long}}])
    assert found["before"] == {"done": 3, "passing": 1}
    assert found["after"] == {"done": 3, "passing": 0}


def test_a_scoring_ends_when_it_is_stopped(call):
    ended = call(
        """async () => {
            const { Scoring } = await load("scoring");
            delete AbortSignal.any;
            const stop = new AbortController();
            const predict = (name, texts, signal) => new Promise((_, reject) => {
                signal.addEventListener("abort", () => reject(signal.reason));
                stop.abort();
            });
            const scoring = new Scoring({ predict }, [{ name: "a", labels: [] }], 100, () => "x");
            return scoring.run(stop.signal, () => {}).catch((error) => error.name);
        }"""
    )
    assert ended == "AbortError"


def test_labels_that_are_numbers_stay_in_the_order_of_the_model(call):
    shown = call(
        """async () => {
            const { probabilities } = await load("bars");
            const [list] = probabilities({ label: "10", probabilities: { 10: 0.75, 2: 0.25 } }, ["10", "2"]);
            return [...list.querySelectorAll(".name")].map((one) => one.textContent);
        }"""
    )
    assert shown == ["10", "2"]


def test_a_long_text_of_many_words_is_coloured(call):
    marks = call(
        """async () => {
            const { coloured } = await load("words");
            const word = (_, n) => ({ start: n, end: n + 1, weight: n === 7 ? -1 : 0 });
            const words = Array.from({ length: 300000 }, word);
            const [shown] = coloured({ words }, "x".repeat(300000));
            return [...shown.querySelectorAll("mark")].map((one) => one.className);
        }"""
    )
    assert marks == ["against-4"]


def test_a_request_holds_what_takes_a_second_or_two(call):
    sizes = call(
        """async () => {
            const { Pace } = await load("pace");
            const sizes = (...took) => {
                const pace = new Pace();
                return took.map((seconds) => {
                    if (seconds === null) pace.tooMany(pace.size);
                    else pace.took(pace.size, seconds * pace.size);
                    return pace.size;
                });
            };
            return [sizes(0.001, 0.001, 0.001), sizes(0.5, 0.5, 9), sizes(null, null, 0.01, 0.01)];
        }"""
    )
    assert sizes == [[16, 32, 32], [3, 3, 1], [4, 2, 4, 8]]


def test_two_requests_run_together_and_one_at_a_time_once_that_was_too_much(call):
    together = call(
        """async () => {
            const { Turns } = await load("pace");
            const turns = new Turns();
            let running = 0;
            const seen = [];
            const work = async (at) => {
                seen.push(running += 1);
                if (at === 3) turns.narrow();
                await new Promise((resolve) => { setTimeout(resolve); });
                running -= 1;
            };
            await Promise.all(Array.from({ length: 10 }, (_, at) => turns.take(() => work(at))));
            return seen;
        }"""
    )
    assert max(together[:4]) == 2
    assert together[5:] == [1] * 5


def test_two_requests_run_together_again_once_many_were_answered_and_later_each_time(call):
    seen = call(
        """async () => {
            const { Turns } = await load("pace");
            const turns = new Turns();
            let running = 0;
            const seen = [];
            const work = async (at) => {
                seen.push(running += 1);
                if (at === 0 || at === 20) turns.narrow();
                await new Promise((resolve) => { setTimeout(resolve); });
                running -= 1;
            };
            await Promise.all(Array.from({ length: 60 }, (_, at) => turns.take(() => work(at))));
            return seen;
        }"""
    )
    assert seen[2:10] == [1] * 8
    assert 2 in seen[10:20]
    assert seen[22:39] == [1] * 17
    assert 2 in seen[40:]
