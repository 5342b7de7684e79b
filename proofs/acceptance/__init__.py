"""What the exchange and the desk must do together, case by case, in the manner of FIX certification."""
