import Glibc

/// What was probably meant by a script that is not there.
enum MissingScript {
    /// A line for the end of the message, nil if nothing comes to mind.
    static func advice(on name: String) -> String? {
        if CommandOption.all.contains(where: { $0.name.description == "--\(name)" }) {
            return "did you mean \(Command.name) --\(name)?"
        }
        return access("\(name).lua", R_OK) == 0 ? "did you mean \(name).lua?" : nil
    }
}
