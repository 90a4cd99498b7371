// One import for users: the words of plans and data are part of Penstock's own interface.
@_exported public import PenstockCore
@_exported public import PenstockPlan
