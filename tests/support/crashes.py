"""Workers that are killed in an epoch, whether it is scripted or real."""


class Killed(BaseException):
    """The process ends here and says nothing more to anybody."""


def at_epoch(number, error):
    def before(epoch):
        if epoch == number:
            raise error

    return before


def real_and_killed(number):
    """The real trainer, in a worker that is killed in an epoch."""
    from trainer.training.run import Run

    class Dying(Run):
        def epochs(self):
            for result in super().epochs():
                yield result
                if result.epoch == number - 1:
                    raise Killed

    return Dying
