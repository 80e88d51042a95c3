import InterProcess
import LuaBridge

/// A worker's place on the board, an array of 64-bit integers that the owner and all workers see: what the worker has in
/// hand, and what it has done so far.
struct PoolBoard {
    enum Word: Int {
        /// Number of the task that the worker took last and has not answered; 0 for none.
        case claim
        /// Tasks done.
        case tasks
        /// Nanoseconds, added up.
        case work, wait
        /// When the task in hand was taken; 0 once it is noted as done.
        case takenAt
        /// Nanoseconds from the first wait of the worker to its first task.
        case start
        /// When the last task was done.
        case doneAt
        /// Nanoseconds and number of the slowest tasks, four times.
        case slowest

        static let perWorker = 16
        static let slowestKept = 4
    }

    private let array: ArrayStorage
    private let first: Int

    /// The array and the worker's place in it as they are at two indices of the stack.
    init(_ lua: Lua, boardAt board: Int32, placeAt place: Int32) throws(LuaFault) {
        guard let object = SharedClasses.object(lua, at: board), object.kind == .array else {
            throw .typeMismatch(lua, at: board, expected: "RawArray")
        }
        array = ArrayStorage(object)
        first = Int(try lua.checkInteger(at: place)) * Word.perWorker
        guard first >= 0, first + Word.perWorker <= array.count, array.type == .int64 else {
            throw .argument(place, "no place on the board")
        }
    }

    /// Where the transaction that takes a task writes its number.
    var claim: SharedWord { word(.claim) }

    /// The worker waits for its first task.
    func noteWaiting() {
        if word(.doneAt).relaxed() == 0 { word(.doneAt).storeRelaxed(Clock.now) }
    }

    /// The worker has taken a task.
    func noteTaken() {
        let now = Clock.now
        let waited = now - word(.doneAt).relaxed()
        if word(.tasks).relaxed() == 0 { word(.start).storeRelaxed(waited) }
        add(waited, to: .wait)
        word(.takenAt).storeRelaxed(now)
    }

    /// The task is done, and about to be answered: who has the answer finds the task counted. Only the first call for a
    /// task counts.
    func noteDone() {
        let takenAt = word(.takenAt).relaxed()
        // A claim of 0 is no task: the worker has not come so far.
        guard claim.relaxed() != 0, takenAt != 0 else { return }
        let now = Clock.now
        add(1, to: .tasks)
        add(now - takenAt, to: .work)
        noteSlowest(now - takenAt)
        word(.doneAt).storeRelaxed(now)
        word(.takenAt).storeRelaxed(0)
    }

    /// The task is answered: the worker has nothing in hand.
    func noteAnswered() {
        claim.store(0)
    }

    private func noteSlowest(_ taken: UInt64) {
        var fastest = 0
        for index in 1..<Word.slowestKept
        where word(.slowest, offset: 2 * index).relaxed() < word(.slowest, offset: 2 * fastest).relaxed() {
            fastest = index
        }
        guard taken > word(.slowest, offset: 2 * fastest).relaxed() else { return }
        word(.slowest, offset: 2 * fastest).storeRelaxed(taken)
        word(.slowest, offset: 2 * fastest + 1).storeRelaxed(claim.relaxed())
    }

    private func word(_ word: Word, offset: Int = 0) -> SharedWord {
        array.word(first + word.rawValue + offset)
    }

    private func add(_ amount: UInt64, to word: Word) {
        let word = self.word(word)
        word.storeRelaxed(word.relaxed() &+ amount)
    }
}
