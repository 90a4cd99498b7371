public import PenstockCore
public import PenstockPlan
import PenstockStages

extension Dataset {
    /// Keeps the rows for which an expression over their columns is true.
    ///
    /// ```swift
    /// let sure = try predictions.filter(where: "confidence > 0.9 and label != 'cat'")
    /// ```
    /// Works on whole columns, so that it is much faster than a closure for each row, and the expression is what plans,
    /// reports and messages show. See `RowExpression` for the language. A row whose answer is missing is left out, as in SQL.
    ///
    /// - Throws: `PlanError` that points at the place where the expression cannot be read. An unknown column or one of
    ///   another type than the expression needs ends the run, with a `RunError` that says how to mend it.
    public func filter(
        where condition: String,
        compute: Compute = .tasks(),
        resources: Resources = .default
    ) throws(PlanError) -> Dataset {
        filter(where: try RowExpression(parsing: condition), compute: compute, resources: resources)
    }

    /// Keeps the rows for which an expression over their columns is true.
    public func filter(
        where condition: RowExpression,
        compute: Compute = .tasks(),
        resources: Resources = .default
    ) -> Dataset {
        let text = "\(condition)"
        // Operators are named in tables; a page of conditions would burst them.
        let name = text.count <= 120 ? text : text.prefix(119) + "…"
        let code = UserCode.rows { block throws(StageError) in try condition.matchingRows(in: block) }
        return appending(.filter, name, nil, compute, resources, .fail, nil, code)
    }
}
