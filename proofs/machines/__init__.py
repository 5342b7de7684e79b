"""State machines by hypothesis: a core is told anything in any order, and held against a model of what may follow."""
