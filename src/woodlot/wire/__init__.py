"""The contract both ends agree on: requests, answers, events, codes and signing; without sockets or time."""
