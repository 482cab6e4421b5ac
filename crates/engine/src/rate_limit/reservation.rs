//! A reservation that is cancelled unless it is used.

/// Calls its function when dropped, unless [`used`](Self::used) came first.
pub(crate) struct CancelOnDrop<F: FnMut()> {
    cancel: F,
    armed: bool,
}

impl<F: FnMut()> CancelOnDrop<F> {
    pub(crate) const fn new(cancel: F) -> Self {
        Self {
            cancel,
            armed: true,
        }
    }

    pub(crate) fn used(mut self) {
        self.armed = false;
    }
}

impl<F: FnMut()> Drop for CancelOnDrop<F> {
    fn drop(&mut self) {
        if self.armed {
            (self.cancel)();
        }
    }
}
